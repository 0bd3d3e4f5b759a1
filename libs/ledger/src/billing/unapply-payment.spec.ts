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
import { UnapplyPayment } from './unapply-payment.js';

const p1 = '00000000-0000-4000-8000-000000000001';
const c1 = '00000000-0000-4000-8000-0000000000c1';
const past = [
  accountOpened(),
  billIssued('B-1', '2026-02-01', ['10.00']),
  billIssued('B-2', '2026-03-01', ['20.00']),
  billIssued('B-3', '2026-04-01', ['1.00']),
  paymentApplied(p1, '30.00', ['B-1/L1 10.00', 'B-2/L1 20.00']),
];
const unapply = (change: object = {}, history: readonly AccountEvent[] = past) =>
  given(account, history).when(UnapplyPayment, { paymentId: p1, reason: 'wrong-account', ...change });

describe('UnapplyPayment', () => {
  it('takes a payment off all its bills and keeps the money as credit', () => {
    expect(dataOf(unapply().events()[0], 'PaymentUnapplied')).toEqual({
      paymentId: p1,
      amount: USD('30.00'),
      released: [share('B-1/L1 10.00'), share('B-2/L1 20.00')],
      reason: 'wrong-account',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    });
    expect(unapply().state()).toMatchObject({ open: 3100n, credit: 3000n });
  });

  it('takes it off one bill when that is named, and the bill is open again where its due day puts it', () => {
    const state = unapply({ billNumber: 'B-1' }).state();
    expect(state).toMatchObject({ open: 1100n, credit: 1000n });
    expect(state.openBills.map(({ billNumber }) => billNumber)).toEqual(['B-1', 'B-3']);
  });

  it('refuses when the payment lies on no bill, or not on this one', () => {
    unapply({ billNumber: 'B-3' }).thenRejected('PAYMENT_NOT_APPLIED');
    unapply({ billNumber: 'B-9' }).thenRejected('BILL_UNKNOWN', 'billNumber');
    const released: AccountEvent = {
      type: 'PaymentUnapplied',
      data: dataOf(unapply().events()[0], 'PaymentUnapplied'),
    };
    unapply({}, [...past, released]).thenRejected('PAYMENT_NOT_APPLIED');
  });

  it('refuses a payment the account does not have; a credit is not a payment', () => {
    unapply({ paymentId: '00000000-0000-4000-8000-000000000009' }).thenRejected('PAYMENT_UNKNOWN', 'paymentId');
    unapply({ paymentId: c1 }, [...past, creditIssued(c1, '1.00')]).thenRejected('PAYMENT_UNKNOWN');
    unapply({}, [...past, accountClosed]).thenRejected('ACCOUNT_CLOSED');
  });
});
