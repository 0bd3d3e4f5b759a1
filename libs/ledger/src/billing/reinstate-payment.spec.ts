import { fold, given } from '#testing/event-sourcing';
import { postingsOf } from '../journal/postings.js';
import { account } from './account.js';
import {
  accountClosed,
  accountOpened,
  at,
  billIssued,
  dataOf,
  paymentApplied,
  share,
  USD,
} from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { ReinstatePayment } from './reinstate-payment.js';

const p1 = '00000000-0000-4000-8000-000000000001';
const body = { paymentId: p1, reason: 'chargeback-won' };

const returned = (released: string[], unappliedRemoved: string, alreadyRefunded?: string): AccountEvent => ({
  type: 'PaymentReturned',
  data: {
    paymentId: p1,
    amount: USD('60.00'),
    reason: 'chargeback',
    released: released.map(share),
    unappliedRemoved,
    ...(alreadyRefunded !== undefined && { alreadyRefunded }),
    effectiveAt: at,
  },
});
const paid = [
  accountOpened(),
  billIssued('B-1', '2026-02-01', ['40.00']),
  paymentApplied(p1, '60.00', ['B-1/L1 40.00'], '20.00'),
];

describe('ReinstatePayment', () => {
  it('lays a payment that came back on the bills as they are now, the rest is credit (representment won)', () => {
    const past = [...paid, returned(['B-1/L1 40.00'], '20.00'), billIssued('B-2', '2026-01-20', ['5.00'])];
    const won = given(account, past).when(ReinstatePayment, body);
    won.then([
      {
        type: 'PaymentReinstated',
        data: {
          paymentId: p1,
          amount: USD('60.00'),
          reason: 'chargeback-won',
          allocations: [share('B-2/L1 5.00'), share('B-1/L1 40.00')],
          unapplied: '15.00',
          allocationPolicy: 'instructed-then-oldest-due-first/2',
          effectiveAt: at,
        },
      },
    ]);
    expect(won.state()).toMatchObject({ open: 0n, credit: 1500n });
    expect(won.state().sources.get(p1)).toMatchObject({ returned: false, unapplied: 1500n });
  });

  it('settles the claim for what had been refunded before the bank took all of it (Chargeback Receivable)', () => {
    const refunded: AccountEvent = {
      type: 'PaymentRefunded',
      data: { paymentId: p1, refundId: p1, amount: USD('20.00'), reason: 'overpaid', effectiveAt: at },
    };
    const past = [...paid, refunded, returned(['B-1/L1 40.00'], '0.00', '20.00')];
    const [event] = given(account, past).when(ReinstatePayment, body).events();
    expect(dataOf(event, 'PaymentReinstated')).toMatchObject({ claimSettled: '20.00', unapplied: '0.00' });
    expect(postingsOf(event!)).toEqual([
      { account: 'Cash Clearing', amount: '60.00', currency: 'USD' },
      { account: 'Accounts Receivable', amount: '-40.00', currency: 'USD' },
      { account: 'Chargeback Receivable', amount: '-20.00', currency: 'USD' },
    ]);
    // Return and reinstatement together leave the books as they were before both.
    const books = new Map<string, number>();
    for (const { account: name, amount } of [...postingsOf(past.at(-1)!), ...postingsOf(event!)]) {
      books.set(name, (books.get(name) ?? 0) + Number(amount.replace('.', '')));
    }
    expect([...books.values()].every((cents) => cents === 0)).toBe(true);
  });

  it('is taken by a closed account, as the return was; and the payment may be returned once more', () => {
    const closed = [...paid, returned(['B-1/L1 40.00'], '20.00'), accountClosed];
    const events = given(account, closed).when(ReinstatePayment, body).events();
    const again = fold(account, [...closed, ...events, returned(['B-1/L1 40.00'], '20.00')]);
    expect(again).toMatchObject({ open: 4000n, credit: 0n });
  });

  it('refuses a payment that is not there or was not returned', () => {
    given(account).when(ReinstatePayment, body).thenRejected('ACCOUNT_UNKNOWN');
    given(account, [accountOpened()]).when(ReinstatePayment, body).thenRejected('PAYMENT_UNKNOWN', 'paymentId');
    given(account, paid).when(ReinstatePayment, body).thenRejected('PAYMENT_NOT_RETURNED', 'paymentId');
  });
});
