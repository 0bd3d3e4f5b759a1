import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, billIssued, dataOf, paymentApplied, share, USD } from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { RecordReturn } from './record-return.js';
import { UnapplyPayment } from './unapply-payment.js';

const p1 = '00000000-0000-4000-8000-000000000001';
const past = [
  accountOpened(),
  billIssued('B-1', '2026-02-01', ['10.00']),
  paymentApplied(p1, '12.00', ['B-1/L1 10.00'], '2.00'),
];
const returned = { paymentId: p1, returnCode: 'R01', reason: 'insufficient-funds' };

describe('RecordReturn', () => {
  it('reinstates the debt the payment had settled and removes what was left of it as credit (Nacha R01)', () => {
    const recorded = given(account, past).when(RecordReturn, returned);
    expect(dataOf(recorded.events()[0], 'PaymentReturned')).toEqual({
      paymentId: p1,
      amount: USD('12.00'),
      returnCode: 'R01',
      reason: 'insufficient-funds',
      released: [share('B-1/L1 10.00')],
      unappliedRemoved: '2.00',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    });
    expect(recorded.state()).toMatchObject({ open: 1000n, credit: 0n, creditSources: [] });
  });

  it('returns a payment only once, and nothing of it can be unapplied afterwards', () => {
    const [event] = given(account, past).when(RecordReturn, returned).events();
    const history = [...past, event as AccountEvent];
    given(account, history).when(RecordReturn, returned).thenRejected('PAYMENT_ALREADY_RETURNED', 'paymentId');
    given(account, history)
      .when(UnapplyPayment, { paymentId: p1, reason: 'wrong-account' })
      .thenRejected('PAYMENT_ALREADY_RETURNED', 'paymentId');
  });

  it('is taken on a closed account too: a return can come 60 days late (Nacha R07, R10, R11)', () => {
    const settled = [
      ...past.slice(0, 2),
      paymentApplied(p1, '10.00', ['B-1/L1 10.00']),
      accountClosed,
    ] as AccountEvent[];
    expect(given(account, settled).when(RecordReturn, returned).state()).toMatchObject({
      status: 'closed',
      open: 1000n,
    });
  });

  it('refuses a payment the account does not have', () => {
    given(account, past)
      .when(RecordReturn, { ...returned, paymentId: '00000000-0000-4000-8000-000000000009' })
      .thenRejected('PAYMENT_UNKNOWN', 'paymentId');
    given(account).when(RecordReturn, returned).thenRejected('ACCOUNT_UNKNOWN');
  });
});
