import fc from 'fast-check';
import { fold, given } from '#testing/event-sourcing';
import { parseMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import {
  accountClosed,
  accountOpened,
  billIssued,
  creditIssued,
  dataOf,
  paymentApplied,
  USD,
} from './account-examples.js';
import { collectibleOf } from './collectible.js';
import { CorrectBill } from './correct-bill.js';
import { IssueBill } from './issue-bill.js';
import { ReverseBill } from './reverse-bill.js';
import { ReverseCharge } from './reverse-charge.js';

const PAYMENT = '00000000-0000-4000-8000-0000000000f1';
const reason = 'billed-in-error';
const opened = [accountOpened(), billIssued('B-1', '2026-01-21', ['10.00', '5.00'])];
const line = { service: 'internet', description: 'Internet', unitPrice: '7.00' };
const right = { billNumber: 'B-2', issuedOn: '2026-01-02', dueOn: '2026-01-22', lines: [line] };

/** Subscriptions of which something was recorded after one revision of their stream, up to another. */
const basis = (after: number, through: number) => ({ catalogue: 'v1', run: 'r', subscription: { after, through } });
const january = { from: '2025-12-15', to: '2026-01-14' };
const february = { from: '2026-01-15', to: '2026-02-14' };

function reversals(events: readonly AccountEvent[]) {
  return events.flatMap((event) => (event.type === 'ChargeReversed' ? [event.data] : []));
}

describe('ReverseBill', () => {
  it('takes back every line of the bill, as one reversal, and gives what was paid back as credit', () => {
    const past = [...opened, paymentApplied(PAYMENT, '12.00', ['B-1/L1 10.00', 'B-1/L2 2.00'])];
    const reversing = given(account, past).when(ReverseBill, { billNumber: 'B-1', reason });
    expect(reversals(reversing.events())).toMatchObject([
      { lineId: 'L1', amount: USD('10.00'), reversalId: '00000000-0000-4000-8000-00000000000c' },
      { lineId: 'L2', amount: USD('5.00'), reversalId: '00000000-0000-4000-8000-00000000000c' },
    ]);
    expect(reversing.state()).toMatchObject({ open: 0n, credit: 1_200n });
  });

  it('takes back what is left of a bill that was reversed in part, and nothing a second time', () => {
    const [part] = given(account, opened)
      .when(ReverseCharge, { billNumber: 'B-1', lineId: 'L1', amount: USD('4.00'), reason })
      .events();
    const rest = given(account, [...opened, part!]).when(ReverseBill, { billNumber: 'B-1', reason });
    expect(reversals(rest.events()).map(({ amount }) => amount.amount)).toEqual(['6.00', '5.00']);
    given(account, [...opened, part!, ...rest.events()])
      .when(ReverseBill, { billNumber: 'B-1', reason })
      .thenRejected('BILL_REVERSED', 'billNumber');
  });

  it('refuses a bill that is not there and a closed account', () => {
    given(account, opened).when(ReverseBill, { billNumber: 'B-9', reason }).thenRejected('BILL_UNKNOWN', 'billNumber');
    given(account, [accountOpened(), accountClosed])
      .when(ReverseBill, { billNumber: 'B-1', reason })
      .thenRejected('ACCOUNT_CLOSED');
  });

  it('law: a full credit note for a bill is that bill’s net and taxes to the cent (SSUTA §324, EN 16931)', () => {
    const price = fc.integer({ min: 0, max: 99_999 }).map((tenths) => (tenths / 1_000).toFixed(3));
    const taxed = fc.record({
      service: fc.constant('internet'),
      description: fc.constant('Internet'),
      unitPrice: price,
      taxes: fc.constantFrom<{ jurisdiction: string; rate: string }[]>(
        [],
        [{ jurisdiction: 'US-PA', rate: '0.0625' }],
        [
          { jurisdiction: 'US-PA', rate: '0.06' },
          { jurisdiction: 'US-PA-PHL', rate: '0.02' },
        ],
      ),
    });
    fc.assert(
      fc.property(
        fc.array(taxed, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('line', 'bill'),
        (lines, rounding) => {
          const body = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-21', lines, rounding } as const;
          const issued = given(account, [accountOpened()]).when(IssueBill, body).events();
          const bill = dataOf(issued[0], 'BillIssued');
          fc.pre(parseMinor(bill.total.amount, 2) > 0n);
          const note = reversals(
            given(account, [accountOpened(), ...issued])
              .when(ReverseBill, { billNumber: 'B-1', reason })
              .events(),
          );
          for (const { lineId, net, taxes, total } of bill.lines) {
            const reversed = note.find((charge) => charge.lineId === lineId);
            if (parseMinor(total, 2) === 0n) expect(reversed).toBeUndefined();
            else {
              expect(reversed).toMatchObject({ net, amount: USD(total) });
              expect(reversed?.taxes).toEqual(taxes.map(({ jurisdiction, amount }) => ({ jurisdiction, amount })));
            }
          }
        },
      ),
    );
  });
});

describe('CorrectBill', () => {
  it('reverses the wrong bill and issues the right one, which what was paid settles at once', () => {
    const past = [...opened, paymentApplied(PAYMENT, '15.00', ['B-1/L1 10.00', 'B-1/L2 5.00'])];
    const correcting = given(account, past).when(CorrectBill, { billNumber: 'B-1', reason, bill: right });
    const events = correcting.events();
    expect(events.map(({ type }) => type)).toEqual(['ChargeReversed', 'ChargeReversed', 'BillIssued', 'CreditApplied']);
    expect(dataOf(events[2], 'BillIssued')).toMatchObject({ billNumber: 'B-2', corrects: 'B-1', total: USD('7.00') });
    expect(correcting.state()).toMatchObject({ open: 0n, credit: 800n });
  });

  it('keeps what was paid on the wrong bill for the right one, and other credit for what was due before it', () => {
    const past = [
      ...opened,
      billIssued('B-0', '2026-01-10', ['20.00']),
      paymentApplied(PAYMENT, '4.00', ['B-1/L1 4.00']),
      creditIssued('c1', '21.00'),
    ];
    const correcting = given(account, past).when(CorrectBill, { billNumber: 'B-1', reason, bill: right });
    expect(dataOf(correcting.events().at(-1), 'CreditApplied').amount).toEqual(USD('5.00'));
    expect(correcting.state()).toMatchObject({ open: 2_200n, credit: 2_000n });
    expect(collectibleOf(correcting.state(), 'B-0', '2026-01-15')).toMatchObject({ collectible: 0n });
  });

  it('issues nothing when the right bill is refused: both or neither', () => {
    given(account, opened)
      .when(CorrectBill, { billNumber: 'B-1', reason, bill: { ...right, billNumber: 'B-1' } })
      .thenRejected('BILL_NUMBER_USED', 'billNumber');
  });

  it('computes only the latest bill from subscriptions again, over the same days; the next goes on from the corrected one', () => {
    const first = given(account, [accountOpened()])
      .when(IssueBill, { ...right, billNumber: 'R-1', period: january, basis: basis(-1, 3) })
      .events();
    const past = [accountOpened(), ...first];
    const correcting = (bill: object, billNumber = 'R-1') =>
      given(account, past).when(CorrectBill, { billNumber, reason, bill: { ...right, ...bill } });
    const corrected = correcting({ billNumber: 'R-1-C1', period: january, basis: basis(-1, 5) });
    expect(corrected.state().billed).toMatchObject({ billNumber: 'R-1-C1', period: january, after: -1, through: 5 });
    for (const wrong of [
      { period: february, basis: basis(-1, 5) },
      { period: january, basis: basis(0, 5) },
      { period: january, basis: basis(-1, 2) },
    ]) {
      correcting(wrong).thenRejected('BILL_NOT_LATEST');
    }
    given(account, [...past, ...corrected.events()])
      .when(IssueBill, { ...right, billNumber: 'R-2', period: february, basis: basis(3, 6) })
      .thenRejected('BILLED_MEANWHILE');
    const next = given(account, [...past, ...corrected.events()])
      .when(IssueBill, { ...right, billNumber: 'R-2', period: february, basis: basis(5, 6) })
      .state();
    expect(next.billed).toMatchObject({ billNumber: 'R-2', after: 5, through: 6 });
  });
});

describe('A bill from subscriptions', () => {
  it('goes on where the one before ended, or was computed from what is out of date', () => {
    const first = given(account, [accountOpened()])
      .when(IssueBill, { ...right, period: january, basis: basis(-1, 3) })
      .events();
    const past = [accountOpened(), ...first];
    expect(fold(account, past).billed).toMatchObject({
      ...{ billNumber: 'B-2', run: 'r', catalogue: 'v1', period: january, after: -1, through: 3 },
    });
    const next = (change: object) => given(account, past).when(IssueBill, { ...right, billNumber: 'B-3', ...change });
    next({ period: january, basis: basis(3, 4) }).thenRejected('BILLED_MEANWHILE');
    next({ period: february, basis: basis(2, 4) }).thenRejected('BILLED_MEANWHILE');
    expect(next({ period: february, basis: basis(3, 3) }).state().billed).toMatchObject({ billNumber: 'B-3' });
    // A bill that a person states has nothing to do with it.
    expect(next({}).state().billed).toMatchObject({ billNumber: 'B-2' });
  });
});
