import { type Api, bill, payment, startApi } from './api-rig.js';

describe('The reads of the API', () => {
  let api: Api;
  let account: string;
  let payBillNumber: string;
  /** Position of the last command: what every read here has to have seen. */
  let after: string;

  beforeAll(async () => {
    api = await startApi();
    ({ id: account, payBillNumber } = await api.open());
    await api.post(`/accounts/${account}/bills`, bill('B-1', '40.00'));
    await api.post(`/accounts/${account}/bills`, bill('B-2', '25.50'));
    after = String((await api.post(`/accounts/${account}/payments`, payment('50.00'))).body['position']);
  }, 120_000);
  afterAll(() => api.stop());

  const usd = (amount: string) => ({ amount, currency: 'USD' });

  it('see what a command did when they are given its position', async () => {
    const { status, body } = await api.get(`/accounts/${account}?after=${after}&asOf=2026-03-01`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        balance: usd('15.50'),
        open: usd('15.50'),
        credit: usd('0.00'),
        pastDue: usd('15.50'),
        paid: usd('50.00'),
      },
    });
    expect(body).toMatchObject({ accountId: account, payBillNumber, status: 'open', revision: '3', position: after });
  });

  it('answer billing history with running balance, page by page', async () => {
    const first = await api.get(`/accounts/${account}/history?limit=2&after=${after}`);
    expect(first.body).toMatchObject({
      items: [
        { kind: 'payment-applied', amount: usd('-50.00'), balance: usd('15.50') },
        { kind: 'bill-issued', reference: 'B-2', amount: usd('25.50'), balance: usd('65.50') },
      ],
    });
    const second = await api.get(`/accounts/${account}/history?limit=2&cursor=${String(first.body['next'])}`);
    expect(second.body).toMatchObject({ items: [{ kind: 'bill-issued' }, { kind: 'account-opened' }], next: null });
  });

  it('answer open bills, one bill by its number, payments, and the payment of a confirmation number', async () => {
    const open = await api.get(`/accounts/${account}/bills?state=open&asOf=2026-01-31&after=${after}`);
    const left = { billNumber: 'B-2', state: 'partially_paid', open: usd('15.50'), paid: usd('10.00'), pastDue: false };
    expect(open.body).toMatchObject({ items: [{ ...left, lines: [{ lineId: 'internet', open: usd('15.50') }] }] });
    const paid = await api.get(`/accounts/${account}/bills/B-1`);
    expect(paid.body).toMatchObject({ billNumber: 'B-1', state: 'paid', open: usd('0.00') });
    const payments = await api.get(`/accounts/${account}/payments?channel=online&state=applied`);
    const [made] = payments.body['items'] as { confirmationNumber: string; amount: unknown }[];
    expect(made?.amount).toEqual(usd('50.00'));
    const confirmed = await api.get(`/payments/${made?.confirmationNumber.toLowerCase()}`);
    expect(confirmed.body).toEqual(made);
    const found = await api.get(`/payments?confirmationNumbers=000000000000,${made?.confirmationNumber.toLowerCase()}`);
    expect(found.body).toEqual({ items: [made] });
    const wrong = await api.get('/payments?confirmationNumbers=000000000000,000000000001');
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'confirmationNumbers' }] } });
  });

  it('answer the journal, a trial balance of zero, and the account of a pay bill number', async () => {
    const journal = await api.get(`/journal?accountId=${account}&from=2026-01-01&after=${after}`);
    expect((journal.body['items'] as unknown[]).length).toBe(3);
    const books = await api.get('/journal/trial-balance');
    expect(books.body).toMatchObject({ currencies: [{ currency: 'USD', difference: usd('0.00') }] });
    expect((await api.get(`/pay-bill-numbers/${payBillNumber}`)).body).toEqual({ accountId: account });
  });

  it.each([
    ['/accounts/ACCOUNT?aftr=1', 'aftr'],
    ['/accounts/ACCOUNT?after=-1', 'after'],
    ['/accounts/ACCOUNT?asOf=2026-02-30', 'asOf'],
    ['/accounts/ACCOUNT/history?limit=0', 'limit'],
    ['/accounts/ACCOUNT/history?limit=many', 'limit'],
    ['/accounts/ACCOUNT/bills?state=closed', 'state'],
    ['/accounts/ACCOUNT/payments?from=yesterday', 'from'],
    ['/accounts/ACCOUNT/payments?channel=pigeon', 'channel'],
    ['/journal?accountId=1', 'accountId'],
    ['/journal/trial-balance?limit=1', 'limit'],
  ])('refuse %s and name the parameter', async (url, field) => {
    const { status, body } = await api.get(url.replace('ACCOUNT', account));
    expect({ status, fields: body.errors?.map((error) => error.field) }).toEqual({ status: 400, fields: [field] });
  });

  it.each([
    ['/accounts/00000000-0000-4000-8000-000000000000', 404, 'ACCOUNT_UNKNOWN'],
    ['/accounts/nobody/history', 404, 'ACCOUNT_UNKNOWN'],
    ['/accounts/ACCOUNT/bills/B-9', 404, 'BILL_UNKNOWN'],
    ['/accounts/ACCOUNT/history?cursor=x', 400, 'CURSOR_INVALID'],
    ['/payments/000000000001', 422, 'CONFIRMATION_NUMBER_INVALID'],
    ['/payments/000000000000', 404, 'PAYMENT_UNKNOWN'],
    ['/pay-bill-numbers/12345678901234', 422, 'PAY_BILL_NUMBER_INVALID'],
    ['/pay-bill-numbers/12345678901244', 404, 'PAY_BILL_NUMBER_UNKNOWN'],
    ['/accounts/ACCOUNT?after=9000000000000000000', 503, 'READ_MODEL_BEHIND'],
  ])('answer %s with %i %s', async (url, status, code) => {
    expect(await api.get(url.replace('ACCOUNT', account))).toMatchObject({ status, body: { code } });
  });

  it('are described at /docs-json with their parameters and answers', async () => {
    const { body } = await api.get('/docs-json');
    const paths = body['paths'] as Record<string, { get?: { parameters: { name: string }[]; responses: object } }>;
    const parametersOf = (path: string) => paths[path]?.get?.parameters.map(({ name }) => name).sort();
    expect(parametersOf('/accounts/{accountId}')).toEqual(['accountId', 'after', 'asOf']);
    expect(parametersOf('/accounts/{accountId}/history')).toEqual(['accountId', 'after', 'cursor', 'limit']);
    expect(parametersOf('/journal')).toEqual(['accountId', 'after', 'cursor', 'from', 'limit', 'to']);
    const { schemas } = body['components'] as { schemas: object };
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining([
        'Account',
        'HistoryPage',
        'HistoryLine',
        'BillPage',
        'Bill',
        'PaymentPage',
        'TrialBalance',
      ]),
    );
  });
});
