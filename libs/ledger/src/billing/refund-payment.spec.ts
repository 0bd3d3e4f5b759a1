import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import {
  accountClosed,
  accountOpened,
  at,
  billIssued,
  creditIssued,
  dataOf,
  paymentApplied,
  share,
  USD,
} from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { RecordReturn } from './record-return.js';
import { RefundPayment } from './refund-payment.js';
import { UnapplyPayment } from './unapply-payment.js';

const p1 = '00000000-0000-4000-8000-000000000001';
const c1 = '00000000-0000-4000-8000-0000000000c1';
const past = [
  accountOpened(),
  billIssued('B-1', '2026-02-01', ['10.00']),
  paymentApplied(p1, '15.00', ['B-1/L1 10.00'], '5.00'),
];
const body = { paymentId: p1, reason: 'overpaid' };
const refund = (change: object = {}, history: readonly AccountEvent[] = past) =>
  given(account, history).when(RefundPayment, { ...body, ...change });
const refunded = (amount: string): AccountEvent => ({
  type: 'PaymentRefunded',
  data: { paymentId: p1, refundId: c1, amount: USD(amount), reason: 'overpaid', effectiveAt: at },
});

describe('RefundPayment', () => {
  it('pays back all that lies on no bill, and leaves what lies on bills (PA10)', () => {
    refund().then([
      {
        type: 'PaymentRefunded',
        data: {
          paymentId: p1,
          refundId: '00000000-0000-4000-8000-00000000000c',
          amount: USD('5.00'),
          reason: 'overpaid',
          effectiveAt: at,
        },
      },
    ]);
    expect(refund().state()).toMatchObject({ open: 0n, credit: 0n, creditSources: [] });
  });

  it('pays back a part, and then no more than the rest', () => {
    expect(refund({ amount: USD('2.00') }).state()).toMatchObject({ credit: 300n });
    const history = [...past, refunded('2.00')];
    refund({ amount: USD('3.01') }, history).thenRejected('REFUND_EXCEEDS_UNAPPLIED', 'amount/amount');
    expect(dataOf(refund({}, history).events()[0], 'PaymentRefunded').amount).toEqual(USD('3.00'));
  });

  it('refuses what lies on bills until it is unapplied', () => {
    const history = [...past, refunded('5.00')];
    refund({}, history).thenRejected('REFUND_EXCEEDS_UNAPPLIED', 'paymentId');
    const unapplied = given(account, history).when(UnapplyPayment, { paymentId: p1, reason: 'wrong-bill' }).events();
    expect(refund({}, [...history, ...unapplied]).state()).toMatchObject({ open: 1000n, credit: 0n });
  });

  it('refuses another currency, nothing, a credit, and a payment that is unknown or returned', () => {
    refund({ amount: { amount: '1.00', currency: 'EUR' } }).thenRejected('CURRENCY_MISMATCH', 'amount/currency');
    refund({ amount: USD('0.00') }).thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    refund({ paymentId: c1 }, [...past, creditIssued(c1, '1.00')]).thenRejected('PAYMENT_UNKNOWN', 'paymentId');
    const returned = given(account, past).when(RecordReturn, { paymentId: p1, reason: 'stopped' }).events();
    refund({}, [...past, ...returned]).thenRejected('PAYMENT_ALREADY_RETURNED', 'paymentId');
    given(account).when(RefundPayment, body).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('pays back from a closed account too, should money be left on it', () => {
    expect(refund({}, [...past, accountClosed]).state()).toMatchObject({ status: 'closed', credit: 0n });
  });
});

describe('RecordReturn of a payment that was refunded in part', () => {
  it('takes the whole payment back: what was refunded is a claim and on no bill', () => {
    const history = [...past, refunded('2.00')];
    const recorded = given(account, history).when(RecordReturn, {
      paymentId: p1,
      returnCode: 'R10',
      reason: 'stopped',
    });
    recorded.then([
      {
        type: 'PaymentReturned',
        data: {
          paymentId: p1,
          amount: USD('15.00'),
          returnCode: 'R10',
          reason: 'stopped',
          released: [share('B-1/L1 10.00')],
          unappliedRemoved: '3.00',
          alreadyRefunded: '2.00',
          effectiveAt: at,
        },
      },
    ]);
    expect(recorded.state()).toMatchObject({ open: 1000n, credit: 0n });
    expect(recorded.state().sources.get(p1)).toMatchObject({ returned: true, unapplied: 0n, refunded: 200n });
  });
});
