import fc from 'fast-check';
import { given } from '#testing/event-sourcing';
import { accountClosed, accountOpened, billIssued, dataOf, paymentApplied, USD } from '../billing/account-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { postingsOf } from '../journal/postings.js';
import { AssessLateFee } from './assess-late-fee.js';
import { CollectionPolicyVersion, type LateFeeTerms } from './collection-policy.js';
import { lateFeeOn } from './late-fee.js';
import { WaiveLateFee } from './waive-late-fee.js';

const paymentId = '00000000-0000-4000-8000-000000000001';
const commandId = '11111111-1111-4111-8111-111111111111';
const percent = { kind: 'percent', percent: '1.25' } as const;

function policyOf(lateFee: object | undefined = { graceDays: 5, charge: percent }, currency = 'USD') {
  return CollectionPolicyVersion.parse({ version: 'test/1', validFrom: '2020-01-01', currency, lateFee });
}

/** Due on 1 February: the last day of grace is the 6th. */
const billed = [accountOpened(), billIssued('B-1', '2026-02-01', ['30.00', '17.57'])];
const at = '2026-03-10T09:00:00.000Z';

const assess = (past: readonly AccountEvent[], body: object = {}) =>
  given(account, past).when(
    AssessLateFee,
    { billNumber: 'B-1', on: '2026-02-07', policy: policyOf(), ...body },
    { at },
  );
const fee = (past: readonly AccountEvent[], body: object = {}) => {
  const [event] = assess(past, body).events();
  return event as Extract<AccountEvent, { type: 'LateFeeAssessed' }>;
};

describe('A late fee', () => {
  it('is a percentage of the overdue part, rounded half up, on a further line of the bill, with the policy that made it (52 Pa. Code §56.22)', () => {
    assess(billed).then([
      {
        type: 'LateFeeAssessed',
        data: {
          ...{ billNumber: 'B-1', lineId: 'late-fee', amount: USD('0.59'), overdue: '47.57', policy: 'test/1' },
          effectiveAt: '2026-02-07T00:00:00.000Z',
        },
      },
    ]);
    const late = assess(billed).state();
    expect(late.bills.get('B-1')).toMatchObject({ open: 4816n, lines: [{}, {}, { lineId: 'late-fee', total: 59n }] });
    expect(late.open).toBe(4816n);
  });

  it('is not due in the days of grace, in which a letter that was posted on the due day arrives (52 Pa. Code §56.21)', () => {
    assess(billed, { on: '2026-02-06' }).thenRejected('LATE_FEE_NOT_DUE');
    assess(billed, { on: '2026-02-01' }).thenRejected('LATE_FEE_NOT_DUE');
    assess(billed, { on: undefined }).then([
      { ...fee(billed), data: { ...fee(billed).data, effectiveAt: '2026-03-10T00:00:00.000Z' } },
    ]);
  });

  it('is reckoned on what is still open, and on nothing where all is paid', () => {
    const paid = (amount: string, ...shares: string[]) => [
      ...billed,
      paymentApplied(paymentId, amount, shares, '0.00'),
    ];
    expect(fee(paid('30.00', 'B-1/L1 30.00')).data).toMatchObject({ amount: USD('0.22'), overdue: '17.57' });
    assess(paid('47.57', 'B-1/L1 30.00', 'B-1/L2 17.57')).thenRejected('LATE_FEE_NOT_DUE');
    assess([accountOpened(), billIssued('B-1', '2026-02-01', ['0.39'])]).thenRejected('LATE_FEE_NOT_DUE');
  });

  it('comes once in the life of a bill, also when it was waived, and is never reckoned on another', () => {
    const late = [...billed, fee(billed)];
    assess(late, { on: '2026-03-09' }).thenRejected('LATE_FEE_ASSESSED', 'billNumber');
    const [waived] = given(account, late)
      .when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' }, { commandId })
      .events();
    expect(dataOf(waived, 'ChargeReversed')).toMatchObject({ amount: USD('0.59'), lateFee: true, lineId: 'late-fee' });
    assess([...late, waived!], { on: '2026-03-09' }).thenRejected('LATE_FEE_ASSESSED');
    given(account, [...late, waived!])
      .when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' })
      .thenRejected('CHARGE_ALREADY_REVERSED');
    given(account, billed)
      .when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' })
      .thenRejected('LATE_FEE_UNKNOWN');
  });

  it('gives what had been paid on it back to the payer when it is waived (CS5)', () => {
    const late = [...billed, fee(billed)];
    const paid = [
      ...late,
      paymentApplied(paymentId, '48.16', ['B-1/L1 30.00', 'B-1/L2 17.57', 'B-1/late-fee 0.59'], '0.00'),
    ];
    const after = given(account, paid).when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' }).state();
    expect([after.open, after.credit]).toEqual([0n, 59n]);
  });

  it('is income of its own in the books, and comes out of it when it is waived', () => {
    const late = [...billed, fee(billed)];
    const [waived] = given(account, late).when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' }).events();
    const entry = (event: AccountEvent) => postingsOf(event).map(({ account: name, amount }) => `${name} ${amount}`);
    expect(entry(late.at(-1)!)).toEqual(['Accounts Receivable 0.59', 'Late Fee Income -0.59']);
    expect(entry(waived!)).toEqual(['Late Fee Income 0.59', 'Accounts Receivable -0.59']);
  });

  it('gets another line id where the biller’s own line has its', () => {
    const bill = billIssued('B-1', '2026-02-01', ['30.00']);
    const lines = bill.data.lines.map((line) => ({ ...line, lineId: 'late-fee' }));
    expect(fee([accountOpened(), { ...bill, data: { ...bill.data, lines } }]).data.lineId).toBe('late-fee-2');
  });

  it('is refused where the policy has none or is of another currency, and for accounts and bills there are not', () => {
    assess(billed, { policy: { ...policyOf(), lateFee: undefined } }).thenRejected('LATE_FEE_NOT_DUE');
    assess(billed, { policy: policyOf(undefined, 'EUR') }).thenRejected('CURRENCY_MISMATCH');
    assess(billed, { billNumber: 'B-2' }).thenRejected('BILL_UNKNOWN');
    assess(billed, { on: '2026-03-12' }).thenRejected('EFFECTIVE_IN_FUTURE', 'on');
    assess([]).thenRejected('ACCOUNT_UNKNOWN');
    assess([...billed, accountClosed]).thenRejected('ACCOUNT_CLOSED');
  });
});

const cents = fc.bigInt({ min: 0n, max: 10n ** 12n });
const amount = fc.nat(100_000).map((minor) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`);
const rate = fc.nat(10_000).map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}`);
const charge = fc.oneof(
  amount.map((fixed) => ({ kind: 'fixed' as const, amount: fixed })),
  rate.map((of) => ({ kind: 'percent' as const, percent: of })),
  fc.tuple(amount, rate).map(([fixed, of]) => ({ kind: 'greater-of' as const, amount: fixed, percent: of })),
);
const terms: fc.Arbitrary<LateFeeTerms> = fc.record({
  graceDays: fc.nat(30),
  charge,
  atMost: fc.option(amount, { nil: undefined }),
  leastOverdue: amount,
});
const minor = (text: string) => BigInt(text.replace('.', ''));

describe('The amount of a late fee, whatever the terms', () => {
  it('is what the terms say in whole cents, by slow arithmetic', () => {
    fc.assert(
      fc.property(cents, terms, (overdue, of) => {
        const fixed = of.charge.kind === 'percent' ? 0n : minor(of.charge.amount);
        // Half up: of 100 00 parts of a percentage with two decimals, five thousand are the half.
        const share = of.charge.kind === 'fixed' ? 0n : (overdue * minor(of.charge.percent) + 5_000n) / 10_000n;
        const greater = fixed > share ? fixed : share;
        const capped = of.atMost !== undefined && greater > minor(of.atMost) ? minor(of.atMost) : greater;
        const expected = overdue === 0n || overdue < minor(of.leastOverdue) ? 0n : capped;
        expect(lateFeeOn(overdue, of, 2)).toBe(expected);
      }),
    );
  });

  it('never falls when more is overdue, and never passes the cap', () => {
    fc.assert(
      fc.property(cents, cents, terms, (one, other, of) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(lateFeeOn(less, of, 2) <= lateFeeOn(more, of, 2)).toBe(true);
        if (of.atMost !== undefined) expect(lateFeeOn(more, of, 2) <= minor(of.atMost)).toBe(true);
      }),
    );
  });
});
