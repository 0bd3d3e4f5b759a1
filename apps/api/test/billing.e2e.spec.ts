import { setTimeout as delay } from 'node:timers/promises';
import { type Api, startApi } from './api-rig.js';

describe('Billing from subscriptions, over HTTP', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  const subscribe = async (accountId: string, change: Record<string, unknown> = {}) => {
    const body = { subscriptionId: 'home', plan: 'fibre-300', startsOn: '2026-01-20', taxArea: 'US-PA', cycleDay: 15 };
    return api.post(`/accounts/${accountId}/subscriptions`, { ...body, ...change });
  };

  /** Asks until the run is not under way any more. */
  const ended = async (body: object) => {
    const begun = await api.request('POST', '/billing-runs', { body });
    expect(begun).toMatchObject({ status: 202 });
    const query = 'dryRun' in body ? '?dryRun=true' : '';
    for (;;) {
      const { body: standing } = await api.get(`/billing-runs/${String(begun.body['runId'])}${query}`);
      if (standing['state'] !== 'running') return standing;
      await delay(10);
    }
  };

  it('previews a bill, tries the run, runs it, and what is billed is what was previewed', async () => {
    const { id } = await api.open();
    expect(await subscribe(id)).toMatchObject({ status: 201, body: { cycleDay: 15, subscriptionId: 'home' } });
    const preview = await api.get(`/accounts/${id}/bill-preview?on=2026-02-15`);
    // 20 January to 14 February are 26 of the 31 days of the cycle: 41.93 and 10.06, of which the router is taxed.
    expect(preview).toMatchObject({
      status: 200,
      body: {
        issuedOn: '2026-02-15',
        dueOn: '2026-03-09',
        period: { from: '2026-01-20', to: '2026-02-14' },
        catalogue: 'us-2020-01',
        total: { amount: '52.59', currency: 'USD' },
        lines: [
          { description: 'Fibre 300, 2026-01-20 to 2026-02-14 (26 of 31 days)', net: '41.93', taxes: [] },
          { net: '10.06', taxes: [{ jurisdiction: 'US-PA', amount: '0.60' }] },
        ],
      },
    });

    const before = await api.end();
    const report = {
      ...{ accounts: 1, billed: 1, skipped: [], failed: 0, failures: [], toCorrect: [] },
      totals: [{ amount: '52.59', currency: 'USD' }],
    };
    expect(await ended({ date: '2026-02-15', dryRun: true })).toMatchObject({
      state: 'finished',
      dryRun: true,
      report,
    });
    expect(await api.end()).toBe(before);

    expect(await ended({ date: '2026-02-15' })).toMatchObject({ state: 'finished', report });
    const { body: bill } = await api.get(`/accounts/${id}/bills/2026-02-15?after=${await api.end()}`);
    expect(bill).toMatchObject({ total: preview.body['total'], dueOn: preview.body['dueOn'] });
    expect(await api.request('POST', '/billing-runs', { body: { date: '2026-02-15' } })).toMatchObject({
      status: 409,
      body: { code: 'BILLING_RUN_FINISHED' },
    });
    expect(await api.get(`/accounts/${id}/bill-preview?on=2026-02-20`)).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_TO_BILL' },
    });
  });

  it('closes no account whose subscriptions run or are not billed, unless that is forgone (AC5)', async () => {
    const { id } = await api.open();
    await subscribe(id);
    const close = (body: object) => api.post(`/accounts/${id}/closure`, { reason: 'moved-away', ...body });
    expect(await close({ unbilled: 'forgone' })).toMatchObject({ status: 409, body: { code: 'SUBSCRIPTION_RUNNING' } });
    await api.post(`/accounts/${id}/subscriptions/home/stop`, { on: '2026-02-03', reason: 'moved-away' });
    expect(await close({})).toMatchObject({
      status: 409,
      body: { code: 'CHARGES_NOT_BILLED', errors: [{ field: 'unbilled' }] },
    });
    expect(await close({ unbilled: 'billed' })).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
    expect(await close({ unbilled: 'forgone' })).toMatchObject({ status: 201, body: { status: 'closed' } });
    expect(await close({})).toMatchObject({ status: 409, body: { code: 'ACCOUNT_CLOSED' } });
    const { id: never } = await api.open();
    await subscribe(never);
    await api.post(`/accounts/${never}/subscriptions/home/stop`, { on: '2026-01-20', reason: 'moved-away' });
    expect(await api.post(`/accounts/${never}/closure`, { reason: 'moved-away' })).toMatchObject({ status: 201 });
  });

  it('records usage once for its id, and refuses other usage under it, and meters that nobody has (AQ1)', async () => {
    const { id } = await api.open();
    expect(await subscribe(id, { plan: 'mobile-10', startsOn: '2026-01-15', cycleDay: 5 })).toMatchObject({
      status: 201,
    });
    const usage = `/accounts/${id}/subscriptions/home/usage`;
    const twelve = { meter: 'data', quantity: '12', usedOn: '2026-01-20' };
    const first = await api.put(`${usage}/u-1`, twelve);
    expect(first).toMatchObject({ status: 201 });
    expect(await api.put(`${usage}/u-1`, twelve)).toMatchObject({
      body: { repeated: true, revision: first.body['revision'] },
    });
    expect(await api.put(`${usage}/u-1`, { ...twelve, quantity: '13' })).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await api.put(`${usage}/u-2`, { ...twelve, meter: 'calls' })).toMatchObject({
      status: 422,
      body: { code: 'METER_UNKNOWN' },
    });
    const { body: preview } = await api.get(`/accounts/${id}/bill-preview?on=2026-02-05`);
    expect(preview['lines']).toMatchObject([
      { description: 'Mobile 10 GB, 2026-01-15 to 2026-02-04 (21 of 31 days)', net: '23.71' },
      { description: 'Data beyond 10 GB, 2026-01-05 to 2026-02-04 (GB)', quantity: '2', net: '5.00' },
    ]);
    await api.post(`/accounts/${id}/subscriptions/home/stop`, { on: '2026-02-03', reason: 'moved-away' });
    const closed = await api.post(`/accounts/${id}/closure`, { reason: 'moved-away', unbilled: 'forgone' });
    expect(closed).toMatchObject({ status: 201 });
    expect(await api.put(`${usage}/u-3`, twelve)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_CLOSED' } });
  });

  it('corrects the latest bill by what was recorded late: reversal and new bill at once, paid by what was paid (CS4)', async () => {
    const { id } = await api.open();
    await subscribe(id, { plan: 'fibre-1000', startsOn: '2026-01-15', taxArea: 'US-OR' });
    await ended({ date: '2026-02-16', cycle: 15 });
    const wrong = { amount: '101.95', currency: 'USD' };
    await api.post(`/accounts/${id}/payments`, { amount: wrong, channel: 'mail-in', method: { kind: 'check' } });
    const change = { plan: 'fibre-300', on: '2026-01-15' };
    await api.post(`/accounts/${id}/subscriptions/home/plan-changes`, change);
    const { report } = (await ended({ date: '2026-03-15', dryRun: true })) as { report: { toCorrect: string[] } };
    expect(report.toCorrect).toContain(id);

    const bills = `/accounts/${id}/bills/2026-02-15`;
    const { body: computed } = await api.get(`${bills}/correction-preview?on=2026-02-20`);
    expect(computed).toMatchObject({
      total: { amount: '61.99' },
      creditApplied: { amount: '61.99' },
      catalogue: 'us-2020-01',
    });
    const body = { reason: 'plan-recorded-late', bill: computed['bill'] };
    const corrected = await api.post(`${bills}/correction`, body, 'correct-1');
    expect(corrected).toMatchObject({
      status: 201,
      body: { billNumber: '2026-02-15-C1', corrects: '2026-02-15', reversed: wrong, total: { amount: '61.99' } },
    });
    expect(await api.post(`${bills}/correction`, body, 'correct-1')).toMatchObject({ body: { repeated: true } });
    const { body: balance } = await api.get(`/accounts/${id}?after=${String(corrected.body['position'])}`);
    expect(balance).toMatchObject({ open: { amount: '0.00' }, credit: { amount: '39.96' } });
    expect(await api.get(`${bills}/correction-preview`)).toMatchObject({
      status: 409,
      body: { code: 'BILL_NOT_LATEST' },
    });

    const note = await api.post(`${bills}-C1/reversal`, { reason: 'goodwill' });
    expect(note).toMatchObject({ status: 201, body: { amount: { amount: '61.99' }, lines: [{}, {}] } });
    const { body: taken } = await api.get(`/accounts/${id}?after=${String(note.body['position'])}`);
    expect(taken).toMatchObject({ open: { amount: '0.00' }, credit: wrong });
  });

  it('names every account that cannot be billed with what it lacks, and goes on with the others', async () => {
    const [good, bad] = [await api.open(), await api.open()];
    for (const { id } of [good, bad]) await subscribe(id, { cycleDay: 7 });
    const line = { service: 'internet', description: 'Internet', unitPrice: '1.00' };
    const taken = { billNumber: '2026-02-07', issuedOn: '2026-02-07', dueOn: '2026-02-28', lines: [line] };
    await api.post(`/accounts/${bad.id}/bills`, taken);
    expect(await ended({ date: '2026-02-07' })).toMatchObject({
      state: 'finished',
      report: { accounts: 2, billed: 1, failed: 1, failures: [{ accountId: bad.id, code: 'BILL_NUMBER_USED' }] },
    });
    // Of a later day and the same cycle: the one that was billed is not billed again.
    expect(await ended({ date: '2026-02-09', cycle: 7 })).toMatchObject({
      report: { billed: 0, failed: 1, skipped: [{ code: 'NOTHING_TO_BILL', accounts: 1 }] },
    });
  });

  it('lists the runs there were, the latest begun first, and tells Prometheus of those that are not finished', async () => {
    const all = await api.get(`/billing-runs?after=${await api.end()}`);
    expect(all).toMatchObject({
      status: 200,
      body: {
        next: null,
        items: [
          { runId: '2026-02-09-cycle-07', cycle: 7, catalogue: 'us-2020-01', report: { billed: 0, failed: 1 } },
          { runId: '2026-02-07-cycle-07' },
          { runId: '2026-02-16-cycle-15' },
          { runId: '2026-02-15-cycle-15', report: { accounts: 1, totals: [{ amount: '52.59', currency: 'USD' }] } },
        ],
      },
    });
    expect(JSON.stringify(all.body)).not.toContain('accountId');
    const { body: page } = await api.get('/billing-runs?limit=3');
    const { body: rest } = await api.get(`/billing-runs?limit=3&cursor=${String(page['next'])}`);
    expect(rest).toMatchObject({ items: [{ runId: '2026-02-15-cycle-15' }], next: null });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toMatch(/^paybill_billing_runs_unfinished 0$/m);
    expect(metrics).toMatch(/^paybill_billing_run_accounts\{state="waiting"\} 0$/m);
  });

  it('refuses what cannot be, naming the field, and changes nothing', async () => {
    const { id } = await api.open();
    const before = await api.end();
    const refused = async (path: string, body: object, code: string, field?: string) => {
      const answer = await api.post(path, body);
      expect(answer.body).toMatchObject({ code });
      if (field !== undefined) expect(answer.body.errors?.map((error) => error.field)).toContain(field);
    };
    const home = `/accounts/${id}/subscriptions`;
    const start = { subscriptionId: 'home', plan: 'fibre-300', startsOn: '2026-01-20', taxArea: 'US-PA' };
    await refused(home, { ...start, plan: 'gone' }, 'PLAN_UNKNOWN', 'plan');
    await refused(home, { ...start, taxArea: 'XX' }, 'TAX_AREA_UNKNOWN', 'taxArea');
    await refused(home, { ...start, discounts: ['welcome', '__proto__'] }, 'DISCOUNT_UNKNOWN', 'discounts/1');
    await refused(home, { ...start, cycleDay: 29 }, 'REQUEST_MALFORMED', 'cycleDay');
    await refused(home, { ...start, startsOn: '2026-02-30' }, 'REQUEST_MALFORMED', 'startsOn');
    await refused(home, { ...start, startsOn: '2019-12-31' }, 'CATALOGUE_NOT_YET');
    await refused(home, { ...start, catalogue: 'mine' }, 'REQUEST_MALFORMED');
    await refused(home.replace(id, '00000000-0000-4000-8000-000000000000'), start, 'ACCOUNT_UNKNOWN');
    await refused(`${home}/home/plan-changes`, { plan: 'fibre-1000', on: '2026-02-01' }, 'SUBSCRIPTION_UNKNOWN');
    await refused(`/accounts/${id}/bills/B-1/reversal`, { reason: 'error' }, 'BILL_UNKNOWN', 'billNumber');
    await refused('/billing-runs', { date: '2026-01-31' }, 'BILLING_RUN_NOT_DUE', 'date');
    await refused('/billing-runs', { date: '2099-01-15' }, 'BILLING_RUN_NOT_DUE', 'date');
    await refused('/billing-runs', { date: 'soon' }, 'REQUEST_MALFORMED', 'date');
    expect(await api.get('/billing-runs/2026-01-01-cycle-01')).toMatchObject({ body: { code: 'BILLING_RUN_UNKNOWN' } });
    expect(await api.get('/billing-runs/../x')).toMatchObject({ status: 404 });
    expect(await api.end()).toBe(before);
  });
});
