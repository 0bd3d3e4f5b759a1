import { type Api, bill, payment, startApi } from './api-rig.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('As of a moment, the API', () => {
  let api: Api;
  let account: string;
  /** When all but the letter of 28 April had been recorded. */
  let before: string;
  /** Position of the last command. */
  let after: string;

  beforeAll(async () => {
    api = await startApi();
    ({ id: account } = await api.open());
    const april = { ...bill('B-4', '60.00'), issuedOn: '2026-04-01', dueOn: '2026-04-21' };
    const may = { ...bill('B-5', '60.00'), issuedOn: '2026-05-01', dueOn: '2026-05-21' };
    await api.post(`/accounts/${account}/bills`, april);
    await api.post(`/accounts/${account}/bills`, may);
    const paid = (amount: string, effectiveAt: string) => ({ ...payment(amount), effectiveAt });
    const last = await api.post(`/accounts/${account}/payments`, paid('50.00', '2026-05-02T09:00:00Z'));
    const history = await api.get(`/accounts/${account}/history?limit=1&after=${String(last.body['position'])}`);
    before = (history.body['items'] as { recordedAt: string }[])[0]!.recordedAt;
    // The clock of the next event has to be another one: time passes while the server answers.
    while (new Date().toISOString() <= before) await api.get('/health');
    // Posted on 28 April, opened and recorded later: it finds April's bill paid down to 10.00, and May's open.
    const letter = await api.post(`/accounts/${account}/payments`, paid('30.00', '2026-04-28T09:00:00Z'), 'letter', {
      'x-actor': 'clerk-7',
      'x-on-behalf-of': 'lockbox',
    });
    after = String(letter.body['position']);
  }, 120_000);
  afterAll(() => api.stop());

  const asOf = (query: string) => api.get(`/accounts/${account}/as-of?after=${after}&${query}`);

  it('tells what was owed on 30 April as known now, and as known before the letter was opened', async () => {
    const now = await asOf('effectiveAt=2026-04-30');
    expect(now).toMatchObject({
      status: 200,
      body: {
        effectiveAt: '2026-04-30',
        recordedAt: null,
        agedOn: '2026-04-30',
        balance: usd('30.00'),
        open: usd('50.00'),
        // What the letter later paid on May's bill was credit: that bill did not count yet.
        credit: usd('20.00'),
        pastDue: usd('50.00'),
        billed: usd('60.00'),
        paid: usd('30.00'),
        openBills: [{ billNumber: 'B-4', daysPastDue: 9, total: usd('60.00'), open: usd('50.00') }],
      },
    });
    const then = await asOf(`effectiveAt=2026-04-30&recordedAt=${before}`);
    expect(then.body).toMatchObject({ balance: usd('60.00'), open: usd('60.00'), credit: usd('0.00') });
    expect(then.body['openBills']).toMatchObject([{ billNumber: 'B-4', open: usd('60.00') }]);
  });

  it('agrees with the account as it stands when there is no bound, or one ahead', async () => {
    const stands = (await api.get(`/accounts/${account}?after=${after}`)).body;
    for (const query of ['', 'recordedAt=2999-01-01', 'effectiveAt=2999-01-01T00:00:00Z&recordedAt=9999-12-31']) {
      const { balance, open, credit, billed, paid, revision, position } = (await asOf(query)).body;
      expect(stands).toMatchObject({ balance, open, credit, billed, paid, revision, position });
    }
  });

  it('gives a statement whose lines stand in effective order, and roll-forward and statement agree', async () => {
    const april = await api.get(`/accounts/${account}/statement?from=2026-04-01&to=2026-04-30&after=${after}`);
    expect(april.body).toMatchObject({
      opening: usd('0.00'),
      closing: usd('30.00'),
      difference: usd('0.00'),
      lines: [
        { kind: 'bill-issued', reference: 'B-4', amount: usd('60.00'), balance: usd('60.00') },
        { kind: 'payment-applied', effectiveAt: '2026-04-28T09:00:00.000Z', balance: usd('30.00') },
      ],
    });
    const may = await api.get(`/accounts/${account}/statement?from=2026-05-01`);
    expect(may.body).toMatchObject({
      opening: usd('30.00'),
      billed: usd('60.00'),
      paid: usd('50.00'),
      closing: usd('40.00'),
    });
    const rolled = await api.get('/roll-forward?from=2026-04-01&to=2026-04-30');
    const { opening, billed, paid, closing } = april.body;
    expect(rolled.body).toMatchObject({
      currencies: [{ currency: 'USD', accounts: 1, opening, billed, paid, closing }],
    });
    const each = await api.get('/roll-forward/accounts?from=2026-04-01&to=2026-04-30');
    expect(each.body).toMatchObject({ items: [{ accountId: account, opening, billed, paid, closing }], next: null });
  });

  it('ages what is open, and comes to the trial balance of the same moment', async () => {
    const when = `effectiveAt=2026-04-30&recordedAt=${before}`;
    const aging = await api.get(`/aging?${when}&currency=USD&after=${after}`);
    expect(aging.body).toMatchObject({
      agedOn: '2026-04-30',
      currencies: [
        { accounts: 1, buckets: { current: usd('0.00'), days1To30: usd('60.00') }, receivable: usd('60.00') },
      ],
    });
    const books = await api.get(`/journal/trial-balance?${when}`);
    const receivable = { account: 'Accounts Receivable', balance: usd('60.00') };
    expect(books.body).toMatchObject({ currencies: [{ difference: usd('0.00'), accounts: [receivable, {}] }] });
    const accounts = await api.get(`/aging/accounts?${when}`);
    expect(accounts.body).toMatchObject({ items: [{ accountId: account, open: usd('60.00') }], next: null });
    expect((await api.get('/aging/accounts?effectiveAt=2026-03-31')).body).toEqual({ items: [], next: null });
  });

  it('explains each cent with who did it, by which command, for whom and by which policy', async () => {
    const { status, body } = await api.get(`/accounts/${account}/explain`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ balance: usd('40.00'), events: 5, revision: '4', sources: [] });
    const [line, ...others] = body['lines'] as { entries: { event: Record<string, unknown> }[] }[];
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      billNumber: 'B-5',
      lineId: 'internet',
      dueOn: '2026-05-21',
      left: usd('40.00'),
      entries: [
        { what: 'charged', amount: usd('60.00'), sourceId: null, event: { type: 'BillIssued', actor: 'anonymous' } },
        { what: 'allocated', amount: usd('-20.00'), sourceKind: 'payment', event: { type: 'PaymentApplied' } },
      ],
    });
    expect(line!.entries[1]!.event).toMatchObject({
      revision: '4',
      position: after,
      actor: 'clerk-7',
      onBehalfOf: 'lockbox',
      effectiveAt: '2026-04-28T09:00:00.000Z',
      allocationPolicy: 'instructed-then-oldest-due-first/2',
      allocations: [
        { billNumber: 'B-4', lineId: 'internet', amount: '10.00' },
        { billNumber: 'B-5', lineId: 'internet', amount: '20.00' },
      ],
    });
    const then = await api.get(`/accounts/${account}/explain?effectiveAt=2026-04-30`);
    expect(then.body).toMatchObject({
      balance: usd('30.00'),
      lines: [
        { billNumber: 'B-4', left: usd('50.00') },
        { billNumber: 'B-5', left: usd('-20.00') },
      ],
    });
  });

  it.each([
    ['/accounts/ACCOUNT/as-of?effectiveAt=yesterday', 'effectiveAt'],
    ['/accounts/ACCOUNT/as-of?effectiveAt=2026-02-30', 'effectiveAt'],
    ['/accounts/ACCOUNT/as-of?effectiveAt=2026-04-30T12:00:00', 'effectiveAt'],
    ['/accounts/ACCOUNT/as-of?recordedAt=', 'recordedAt'],
    ['/accounts/ACCOUNT/as-of?recordedAt=2026-04-30&recordedAt=2026-05-01', 'recordedAt'],
    ['/accounts/ACCOUNT/as-of?asOf=2026-04-30', 'asOf'],
    ['/accounts/ACCOUNT/statement?from=2026-05-02&to=2026-05-01', 'to'],
    ['/accounts/ACCOUNT/statement?from=2026-05-02T00:00:00Z', 'from'],
    ['/accounts/ACCOUNT/explain?recordedAt=never', 'recordedAt'],
    ['/journal/trial-balance?effectiveAt=30.4.2026', 'effectiveAt'],
    ['/aging?currency=usd', 'currency'],
    ['/aging/accounts?limit=101', 'limit'],
    ['/roll-forward?from=2026-13-01', 'from'],
    ['/roll-forward/accounts?from=2026-05-02&to=2026-05-01', 'to'],
  ])('refuses %s and names the parameter', async (url, field) => {
    const { status, body } = await api.get(url.replace('ACCOUNT', account));
    expect({ status, fields: body.errors?.map((error) => error.field) }).toEqual({ status: 400, fields: [field] });
  });

  it.each([
    [`/accounts/${NOBODY}/as-of`, 404, 'ACCOUNT_UNKNOWN'],
    ['/accounts/nobody/as-of', 404, 'ACCOUNT_UNKNOWN'],
    [`/accounts/${NOBODY}/statement`, 404, 'ACCOUNT_UNKNOWN'],
    [`/accounts/${NOBODY}/explain`, 404, 'ACCOUNT_UNKNOWN'],
    ['/aging?currency=XYZ', 422, 'CURRENCY_UNKNOWN'],
    ['/roll-forward/accounts?currency=XYZ', 422, 'CURRENCY_UNKNOWN'],
    ['/aging/accounts?cursor=MTIz', 400, 'CURSOR_INVALID'],
    ['/roll-forward/accounts?cursor=x', 400, 'CURSOR_INVALID'],
    ['/aging?after=9000000000000000000', 503, 'READ_MODEL_BEHIND'],
  ])('answers %s with %i %s', async (url, status, code) => {
    expect(await api.get(url)).toMatchObject({ status, body: { code } });
  });

  it('is described at /docs-json with its parameters', async () => {
    const { body } = await api.get('/docs-json');
    const paths = body['paths'] as Record<string, { get?: { parameters: { name: string }[] } }>;
    const parametersOf = (path: string) => paths[path]?.get?.parameters.map(({ name }) => name).sort();
    expect(parametersOf('/accounts/{accountId}/as-of')).toEqual(['accountId', 'after', 'effectiveAt', 'recordedAt']);
    expect(parametersOf('/accounts/{accountId}/explain')).toEqual(['accountId', 'effectiveAt', 'recordedAt']);
    expect(parametersOf('/accounts/{accountId}/statement')).toEqual(['accountId', 'after', 'from', 'recordedAt', 'to']);
    expect(parametersOf('/journal/trial-balance')).toEqual(['after', 'effectiveAt', 'recordedAt']);
    expect(parametersOf('/aging')).toEqual(['after', 'currency', 'effectiveAt', 'recordedAt']);
    expect(parametersOf('/roll-forward')).toEqual(['after', 'currency', 'from', 'recordedAt', 'to']);
  });
});
