import { setTimeout as delay } from 'node:timers/promises';
import { type Api, startApi } from './api-rig.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('Bills that are not paid in time, over HTTP', () => {
  let api: Api;
  let now = new Date('2026-01-26T12:00:00.000Z');
  beforeAll(async () => {
    api = await startApi({}, { clock: () => now });
  });
  afterAll(() => api.stop());

  const billed = async (billNumber = 'B-1', dueOn = '2026-01-05', unitPrice = '80.00') => {
    const { id } = await api.open();
    await bill(id, billNumber, dueOn, unitPrice);
    return id;
  };
  const bill = (id: string, billNumber: string, dueOn: string, unitPrice: string) =>
    api.post(`/accounts/${id}/bills`, {
      ...{ billNumber, issuedOn: '2025-12-15', dueOn },
      lines: [{ service: 'internet', description: 'Fibre', unitPrice }],
    });
  const pay = (id: string, amount: string) =>
    api.post(`/accounts/${id}/payments`, { amount: usd(amount), channel: 'online', method: { kind: 'card' } });

  /** Runs a day on the day itself, and asks until the run is not under way any more. */
  const ended = async (date: string, dryRun = false) => {
    now = new Date(`${date}T12:00:00.000Z`);
    const begun = await api.request('POST', '/collections-runs', { body: { date, dryRun } });
    expect(begun).toMatchObject({ status: 202 });
    for (;;) {
      const { body } = await api.get(`/collections-runs/${date}${dryRun ? '?dryRun=true' : ''}`);
      if (body['state'] !== 'running') return body;
      await delay(10);
    }
  };
  const collections = async (id: string) =>
    (await api.get(`/accounts/${id}/collections?asOf=2026-02-28&after=${await api.end()}`)).body;

  it('charges a late fee once by the policy of the day, and waives it (PA7, CS5)', async () => {
    const id = await billed();
    const fee = `/accounts/${id}/bills/B-1/late-fee`;
    expect(await api.post(fee, { on: '2026-01-10' })).toMatchObject({
      status: 409,
      body: { code: 'LATE_FEE_NOT_DUE' },
    });
    const charged = await api.post(fee, { on: '2026-01-11' }, 'fee-1');
    const body = { lineId: 'late-fee', amount: usd('1.00'), overdue: usd('80.00'), policy: 'us-2020-01' };
    expect(charged).toMatchObject({ status: 201, body });
    expect(await api.post(fee, { on: '2026-01-11' }, 'fee-1')).toMatchObject({ body: { ...body, repeated: true } });
    expect(await api.post(fee, {})).toMatchObject({ status: 409, body: { code: 'LATE_FEE_ASSESSED' } });
    const after = `after=${await api.end()}`;
    expect((await api.get(`/accounts/${id}/bills/B-1?${after}`)).body).toMatchObject({
      ...{ total: usd('81.00'), open: usd('81.00') },
      lines: [{ service: 'internet' }, { service: 'late-fee', description: 'Late fee', total: usd('1.00') }],
    });
    const agent = { 'x-actor': 'agent-7', 'x-role': 'agent' };
    expect(await api.post(`${fee}/waiver`, { reason: 'goodwill' }, 'waive-1', agent)).toMatchObject({
      status: 422,
      body: { code: 'ADJUSTMENT_NEEDED' },
    });
    expect(await api.post(`${fee}/waiver`, { reason: 'goodwill' })).toMatchObject({
      status: 201,
      body: { lineId: 'late-fee', amount: usd('1.00') },
    });
    const { body: history } = await api.get(`/accounts/${id}/history?after=${await api.end()}`);
    expect(history['items']).toMatchObject([
      { kind: 'charge-reversed', amount: usd('-1.00'), balance: usd('80.00') },
      { kind: 'late-fee-assessed', reference: 'B-1', amount: usd('1.00') },
      {},
      {},
    ]);
    const { body: explained } = await api.get(`/accounts/${id}/explain`);
    expect(explained['lines']).toMatchObject([{ lineId: 'L1', left: usd('80.00') }]);
  });

  it('tries the run of a day, runs it once, dunns and suspends, and restores when all is paid (AC5)', async () => {
    const id = await billed('B-7');
    const before = await api.end();
    const tried = await ended('2026-01-26', true);
    expect(tried).toMatchObject({ state: 'finished', dryRun: true, policy: 'us-2020-01' });
    expect(await api.end()).toBe(before);
    const run = await ended('2026-01-26');
    expect(run).toMatchObject({ state: 'finished', report: tried['report'] });
    expect(run['report']).toMatchObject({ failed: 0, suspended: 0, restored: 0 });
    expect(await api.request('POST', '/collections-runs', { body: { date: '2026-01-26' } })).toMatchObject({
      status: 409,
      body: { code: 'COLLECTIONS_RUN_FINISHED' },
    });
    expect(await collections(id)).toMatchObject({ step: { step: 'past-due', billNumber: 'B-7' }, suspended: null });

    await ended('2026-01-27');
    expect(await collections(id)).toMatchObject({
      pastDue: usd('81.00'),
      step: { step: 'final-notice', takenOn: '2026-01-27', suspendsFrom: '2026-02-07', policy: 'us-2020-01' },
    });
    await ended('2026-02-06');
    expect(await collections(id)).toMatchObject({ suspended: null });
    await ended('2026-02-07');
    expect(await collections(id)).toMatchObject({ suspended: { on: '2026-02-07', reason: 'not-paid' } });
    const suspended = await api.get(`/collections/accounts?step=suspension&suspended=true&after=${await api.end()}`);
    expect((suspended.body['items'] as { accountId: string }[]).map(({ accountId }) => accountId)).toContain(id);

    await pay(id, '81.00');
    const restored = await ended('2026-02-08');
    expect(restored['report']).toMatchObject({ restored: 1 });
    expect(await collections(id)).toMatchObject({ pastDue: usd('0.00'), step: null, suspended: null });
    // Nobody gets notice of what is past.
    const end = await api.end();
    const passed = await api.request('POST', '/collections-runs', { body: { date: '2026-01-30' } });
    expect(passed).toMatchObject({
      status: 422,
      body: { code: 'COLLECTIONS_RUN_PASSED', errors: [{ field: 'date' }] },
    });
    expect(await api.end()).toBe(end);
    expect(await api.get('/collections-runs/2026-03-01')).toMatchObject({ status: 404 });
    expect(await api.get('/collections-runs/yesterday')).toMatchObject({
      status: 404,
      body: { code: 'COLLECTIONS_RUN_UNKNOWN' },
    });
  });

  it('suspends and restores service by a person’s decision', async () => {
    const { id } = await api.open();
    expect(await api.post(`/accounts/${id}/suspension`, { reason: 'unsafe-equipment' })).toMatchObject({
      status: 201,
      body: { service: 'suspended' },
    });
    expect(await api.post(`/accounts/${id}/suspension`, { reason: 'again' })).toMatchObject({
      status: 409,
      body: { code: 'SERVICE_SUSPENDED' },
    });
    expect(await api.post(`/accounts/${id}/restoration`, { reason: 'repaired' })).toMatchObject({
      body: { service: 'active' },
    });
  });

  it('writes debt off and recovers it by a payment, and the books say which is which', async () => {
    const id = await billed('B-9', '2026-01-05', '50.00');
    const writeOff = (role: string) =>
      api.post(`/accounts/${id}/write-offs`, { reason: 'bankruptcy' }, `off-${role}`, {
        'x-actor': 'x',
        'x-role': role,
      });
    expect(await writeOff('agent')).toMatchObject({ status: 422, body: { code: 'ADJUSTMENT_NEEDED' } });
    const off = await writeOff('finance');
    expect(off).toMatchObject({
      status: 201,
      body: { amount: usd('50.00'), lines: [{ billNumber: 'B-9', lineId: 'L1' }] },
    });
    expect((await api.get(`/accounts/${id}/bills/B-9?after=${await api.end()}`)).body).toMatchObject({
      ...{ state: 'written_off', open: usd('0.00'), writtenOff: usd('50.00') },
    });
    await pay(id, '20.00');
    await api.post(`/accounts/${id}/reinstatements`, { reason: 'in-error' });
    const { body: account } = await api.get(`/accounts/${id}?after=${await api.end()}`);
    expect(account).toMatchObject({
      ...{ balance: usd('30.00'), open: usd('30.00'), writtenOff: usd('50.00'), reinstated: usd('50.00') },
    });
    const { body: journal } = await api.get(`/journal?accountId=${id}`);
    const posted = (journal['items'] as { kind: string; postings: { account: string; amount: { amount: string } }[] }[])
      .filter(({ kind }) => kind.startsWith('debt-'))
      .map(({ postings }) => postings.map(({ account: name, amount }) => `${name} ${amount.amount}`));
    expect(posted).toEqual([
      ['Bad Debt Expense 50.00', 'Accounts Receivable -50.00'],
      ['Accounts Receivable 20.00', 'Bad Debt Recovered -20.00'],
      ['Accounts Receivable 30.00', 'Bad Debt Expense -30.00'],
    ]);
  });

  it('shows the policy that holds on a day', async () => {
    expect(await api.get('/collection-policy?on=2026-01-01')).toMatchObject({ body: { version: 'us-2020-01' } });
    expect(await api.get('/collection-policy?on=2019-12-31')).toMatchObject({
      status: 422,
      body: { code: 'COLLECTION_POLICY_NOT_YET' },
    });
  });
});
