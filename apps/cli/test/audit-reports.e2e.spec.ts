import { CommandLine } from './command-line.js';

const PATIENCE_MS = 60_000;
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('paybill audit', () => {
  let line: CommandLine;
  let account: string;
  let payBillNumber: string;

  beforeAll(async () => {
    line = await CommandLine.open();
    const url = await line.standalone();
    let key = 0;
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': `key-${++key}` };
      const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as Record<string, string>;
    };
    const opened = await post('/accounts', { currency: 'USD' });
    [account, payBillNumber] = [opened['accountId']!, opened['payBillNumber']!];
    for (const [billNumber, month] of [
      ['B-4', '04'],
      ['B-5', '05'],
    ]) {
      const lines = [{ service: 'internet', description: 'Fibre 500', unitPrice: '60' }];
      await post(`/accounts/${account}/bills`, {
        billNumber,
        issuedOn: `2026-${month}-01`,
        dueOn: `2026-${month}-21`,
        lines,
      });
    }
    const { position } = await post(`/accounts/${account}/payments`, {
      amount: { amount: '1050.00', currency: 'USD' },
      channel: 'online',
      method: { kind: 'card', token: 'tok_1' },
      effectiveAt: '2026-04-28T09:00:00Z',
    });
    // An answer waits until the read models hold everything, two seconds at most.
    const settled = async () => (await fetch(`${url}/accounts/${account}?after=${position}`)).ok;
    for (let done = false; !done; done = await settled());
  }, 120_000);
  afterAll(() => line.close());

  /** The answer of a report as JSON. */
  const asked = async (...args: string[]) => {
    const { code, out, err } = await line.paybill(['audit', ...args, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as Record<string, unknown>;
  };
  const usd = (amount: string) => ({ amount, currency: 'USD' });

  it(
    'prints what an account owed, by its id and by its pay bill number, with amounts below each other',
    async () => {
      const byNumber = await line.paybill(['audit', 'as-of', payBillNumber, '--effective-at', '2026-04-30']);
      expect(byNumber).toMatchObject({ code: 0, err: '' });
      expect(byNumber.out).toMatch(/^billed +60\.00\npaid +1050\.00\n/m);
      expect(byNumber.out).toMatch(/^balance +-990\.00\n/m);
      expect(await asked('as-of', account, '--effective-at', '2026-04-30')).toMatchObject({
        accountId: account,
        balance: usd('-990.00'),
      });
    },
    PATIENCE_MS,
  );

  it(
    'prints the trial balance as of a day when no account is named',
    async () => {
      const { code, out } = await line.paybill(['audit', 'as-of', '--effective-at', '2026-04-30T12:00:00Z']);
      expect(code).toBe(0);
      expect(out).toMatch(/^USD +debit +credit +balance$/m);
      expect(out).toMatch(/^total +1110\.00 +1110\.00 +0\.00$/m);
      expect((await line.paybill(['audit', 'as-of', '--recorded-at', '2020-01-01'])).out).toContain(
        'nothing was posted',
      );
    },
    PATIENCE_MS,
  );

  it(
    'prints statement, aging, roll-forward and explanation',
    async () => {
      const statement = await line.paybill([
        'audit',
        'statement',
        account,
        '--from',
        '2026-05-01',
        '--to',
        '2026-05-31',
      ]);
      expect(statement.out).toMatch(/opening +-990\.00\n.*bill-issued +B-5 +60\.00 +-930\.00\n.*closing +-930\.00\n/);
      const aging = await line.paybill(['audit', 'aging', '--effective-at', '2026-04-27', '--per-account']);
      expect(aging.out).toMatch(new RegExp(`^${account} +USD +0\\.00 +60\\.00 `, 'm'));
      const rolled = await asked('roll-forward', '--from', '2026-05-01', '--per-account');
      const totals = {
        opening: usd('-990.00'),
        billed: usd('60.00'),
        closing: usd('-930.00'),
        difference: usd('0.00'),
      };
      expect(rolled).toMatchObject({ currencies: [totals], accounts: [{ accountId: account, ...totals }] });
      const explained = await line.paybill(['audit', 'explain', payBillNumber]);
      expect(explained.out).toMatch(/^930\.00 left of payment .*, to the customer’s good$/m);
      expect(explained.out).toMatch(
        /^ +-60\.00 +allocated +B-5\/L1 .*PaymentApplied 3 .*instructed-then-oldest-due-first\/2$/m,
      );
    },
    PATIENCE_MS,
  );

  it.each([
    [['as-of', 'nobody'], 2, 'must be an account’s id, a UUID, or a pay bill number, 14 digits'],
    [['as-of', NOBODY], 1, 'ACCOUNT_UNKNOWN'],
    [['explain', '12345678901234'], 1, 'PAY_BILL_NUMBER_INVALID'],
    [['as-of', NOBODY, '--effective-at', 'yesterday'], 2, 'must be a day such as 2026-01-31 or an instant'],
    [['statement', NOBODY, '--from', '2026-05-02', '--to', '2026-05-01'], 2, '--to must not be before --from'],
    [['statement'], 2, "missing required argument 'account'"],
    [['aging', '--currency', 'XYZ'], 1, 'CURRENCY_UNKNOWN'],
    [['aging', '--currency', 'usd'], 2, 'must be an ISO 4217 code in capitals, such as USD'],
    [['explain', '1234 5678 9012 34'], 1, 'PAY_BILL_NUMBER_INVALID'],
  ])(
    'refuses %j with exit code %i and one sentence',
    async (args, expected, said) => {
      const { code, out, err } = await line.paybill(['audit', ...args]);
      expect({ code, out }).toEqual({ code: expected, out: '' });
      expect(err).toContain(said);
      expect(err.trim().split('\n')).toHaveLength(1);
    },
    PATIENCE_MS,
  );
});
