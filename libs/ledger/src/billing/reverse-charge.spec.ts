import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import {
  accountClosed,
  accountOpened,
  billIssued,
  creditIssued,
  dataOf,
  paymentApplied,
  share,
  USD,
} from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { ReverseCharge } from './reverse-charge.js';

const p1 = '00000000-0000-4000-8000-000000000001';
const p2 = '00000000-0000-4000-8000-000000000002';
const line = { billNumber: 'B-1', lineId: 'L1', reason: 'billed-in-error' };
const billed = [accountOpened(), billIssued('B-1', '2026-02-01', ['10.00', '5.00'])];

function reversal(past: readonly AccountEvent[], amount?: string) {
  const [event] = given(account, past)
    .when(ReverseCharge, { ...line, ...(amount !== undefined && { amount: USD(amount) }) })
    .events();
  return dataOf(event, 'ChargeReversed');
}

/** A line of 9.99 net with two taxes, 10.82 in all. */
function taxedBill(): AccountEvent {
  const bill = billIssued('B-1', '2026-02-01', ['10.82']);
  const taxes = [
    { jurisdiction: 'US-PA', rate: '0.06', amount: '0.60' },
    { jurisdiction: 'US-PA-PHL', rate: '0.023', amount: '0.23' },
  ];
  return { ...bill, data: { ...bill.data, lines: bill.data.lines.map((one) => ({ ...one, net: '9.99', taxes })) } };
}

describe('ReverseCharge', () => {
  it('takes back the whole of an unpaid line when no amount is given', () => {
    const commandId = '11111111-1111-4111-8111-111111111111';
    given(account, billed)
      .when(ReverseCharge, line, { commandId })
      .then([
        {
          type: 'ChargeReversed',
          data: {
            reversalId: commandId,
            billNumber: 'B-1',
            lineId: 'L1',
            service: 'internet',
            amount: USD('10.00'),
            net: '10.00',
            taxes: [],
            released: [],
            reason: 'billed-in-error',
            effectiveAt: '2026-01-15T12:00:00.000Z',
          },
        },
      ]);
  });

  it('divides a part over net and taxes so that all parts together are the line to the cent', () => {
    const past = [accountOpened(), taxedBill()];
    const parts = ['0.01', '3.33', '0.07', '5.00', undefined].map((amount) => {
      const part = reversal(past, amount);
      past.push({ type: 'ChargeReversed', data: part });
      return part;
    });
    const cents = (pick: (part: (typeof parts)[number]) => string | undefined) =>
      parts.reduce((sum, part) => sum + BigInt((pick(part) ?? '').replace('.', '')), 0n);
    expect(cents((part) => part.amount.amount)).toBe(1082n);
    expect(cents((part) => part.net)).toBe(999n);
    expect(cents((part) => part.taxes[0]?.amount)).toBe(60n);
    expect(cents((part) => part.taxes[1]?.amount)).toBe(23n);
  });

  it('gives back what was paid beyond the new total, the latest payer first', () => {
    const past = [...billed, paymentApplied(p1, '6.00', ['B-1/L1 6.00']), paymentApplied(p2, '3.00', ['B-1/L1 3.00'])];
    // 1.00 is open; reversing 5.50 leaves a line of 4.50 on which 9.00 was paid.
    expect(reversal(past, '5.50').released).toEqual([
      { ...share('B-1/L1 3.00'), sourceId: p2, sourceKind: 'payment' },
      { ...share('B-1/L1 1.50'), sourceId: p1, sourceKind: 'payment' },
    ]);
    expect(reversal(past, '1.00').released).toEqual([]);
  });

  it('gives credit back to the credit it came from', () => {
    const applied: AccountEvent = {
      type: 'CreditApplied',
      data: {
        amount: USD('4.00'),
        allocations: [{ ...share('B-1/L1 4.00'), sourceId: 'c1', sourceKind: 'credit' }],
        allocationPolicy: 'instructed-then-oldest-due-first/2',
        effectiveAt: '2026-01-15T12:00:00.000Z',
      },
    };
    const state = given(account, [...billed, creditIssued('c1', '4.00'), applied])
      .when(ReverseCharge, line)
      .state();
    expect(state.sources.get('c1')).toMatchObject({ unapplied: 400n, allocations: [] });
    expect(state).toMatchObject({ open: 500n, credit: 400n });
  });

  it('refuses to reverse more than is left of the charge, or a charge that is reversed already', () => {
    const half: AccountEvent = { type: 'ChargeReversed', data: reversal(billed, '4.00') };
    const rest: AccountEvent = { type: 'ChargeReversed', data: reversal([...billed, half]) };
    given(account, [...billed, half])
      .when(ReverseCharge, { ...line, amount: USD('6.01') })
      .thenRejected('REVERSAL_EXCEEDS_CHARGE', 'amount/amount');
    given(account, [...billed, half, rest])
      .when(ReverseCharge, line)
      .thenRejected('CHARGE_ALREADY_REVERSED', 'lineId');
    given(account, [...billed, half, rest])
      .when(ReverseCharge, { ...line, amount: USD('1') })
      .thenRejected('CHARGE_ALREADY_REVERSED', 'lineId');
  });

  it('refuses an unknown bill, line or account, a closed account, and an amount that cannot be', () => {
    const reverse = (change: object, past: AccountEvent[] = billed) =>
      given(account, past).when(ReverseCharge, { ...line, ...change });
    reverse({ billNumber: 'B-9' }).thenRejected('BILL_UNKNOWN', 'billNumber');
    reverse({ lineId: 'L9' }).thenRejected('LINE_UNKNOWN', 'lineId');
    reverse({ amount: USD('-1') }).thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    reverse({ amount: USD('1.001') }).thenRejected('AMOUNT_TOO_PRECISE', 'amount/amount');
    reverse({ amount: { amount: '1', currency: 'EUR' } }).thenRejected('CURRENCY_MISMATCH', 'amount/currency');
    reverse({}, []).thenRejected('ACCOUNT_UNKNOWN');
    reverse({}, [...billed, accountClosed]).thenRejected('ACCOUNT_CLOSED');
  });

  it('takes a reason as a code only, so that no personal data is stored for ever (SE5)', () => {
    expect(ReverseCharge.schema.safeParse({ ...line, reason: 'Mr Smith complained' }).error?.issues[0]?.path).toEqual([
      'reason',
    ]);
  });
});
