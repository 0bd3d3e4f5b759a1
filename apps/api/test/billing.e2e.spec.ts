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
});
