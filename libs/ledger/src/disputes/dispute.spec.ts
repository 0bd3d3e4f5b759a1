import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  accountClosed,
  accountOpened,
  billIssued,
  dataOf,
  paymentApplied,
  share,
  USD,
} from '../billing/account-examples.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { collectibleOf } from '../billing/collectible.js';
import { ReverseCharge } from '../billing/reverse-charge.js';
import { OpenDispute } from './open-dispute.js';
import { ResolveDispute } from './resolve-dispute.js';

const disputeId = '11111111-1111-4111-8111-111111111111';
const paymentId = '00000000-0000-4000-8000-000000000001';
const effectiveAt = '2026-01-15T12:00:00.000Z';
const charge = { kind: 'charge', billNumber: 'B-1', lineId: 'L2' } as const;
const billed = [accountOpened(), billIssued('B-1', '2026-01-21', ['60.00', '40.00'])];

/** A dispute of `B-1/L2 40.00`, as it is stored. */
function disputed(...places: string[]): AccountEvent {
  const shares = places.map(share);
  const cents = shares.reduce((sum, { amount }) => sum + Number(amount.replace('.', '')), 0);
  const data = { disputeId, subject: charge, amount: USD((cents / 100).toFixed(2)), shares, reason: 'not-received' };
  return { type: 'DisputeOpened', data: { ...data, disputePolicy: 'us-billing-error/1', effectiveAt } };
}
const resolve = { disputeId, outcome: 'customer', reason: 'outage-confirmed' } as const;
const on = (day: string, events: AccountEvent[]) =>
  collectibleOf(
    events.reduce((state, event) => account.evolve(state, event), account.initialState),
    'B-1',
    day,
  );

describe('OpenDispute', () => {
  it('takes the amount out of what may be collected, and moves no money (12 CFR 1026.13(d))', () => {
    const opened = given(account, billed).when(
      OpenDispute,
      { subject: charge, reason: 'not-received' },
      { commandId: disputeId },
    );
    opened.then([disputed('B-1/L2 40.00')]);
    expect(opened.state()).toMatchObject({ open: 10_000n, credit: 0n });
    const { open, disputed: held, collectible } = collectibleOf(opened.state(), 'B-1', '2026-06-01');
    expect([open, held, collectible]).toEqual([10_000n, 4_000n, 6_000n]);
  });

  it('divides an amount of a bill as a whole over its lines, in proportion to what is left of each', () => {
    const body = {
      subject: { kind: 'bill', billNumber: 'B-1' },
      amount: USD('10.01'),
      reason: 'poor-service',
    } as const;
    const [opened] = given(account, billed).when(OpenDispute, body).events();
    expect(dataOf(opened, 'DisputeOpened').shares).toEqual(['B-1/L1 6.01', 'B-1/L2 4.00'].map(share));
  });

  it('reckons what may be collected by the bill: with all but the disputed amount paid, nothing is', () => {
    const paid = paymentApplied(paymentId, '60.00', ['B-1/L1 20.00', 'B-1/L2 40.00']);
    expect(on('2026-06-01', [...billed, disputed('B-1/L2 40.00'), paid]).collectible).toBe(0n);
  });

  it('disputes no cent twice, and no more than is left of a charge after reversals', () => {
    const again = given(account, [...billed, disputed('B-1/L2 30.00')]);
    const [rest] = again.when(OpenDispute, { subject: charge, reason: 'not-received' }).events();
    expect(dataOf(rest, 'DisputeOpened').amount).toEqual(USD('10.00'));
    again
      .when(OpenDispute, { subject: charge, amount: USD('10.01'), reason: 'not-received' })
      .thenRejected('DISPUTE_EXCEEDS_SUBJECT', 'amount/amount');
    given(account, [...billed, disputed('B-1/L2 40.00')])
      .when(OpenDispute, { subject: charge, reason: 'not-received' })
      .thenRejected('NOTHING_TO_DISPUTE');
  });

  it('disputes nothing of a payment that was refunded since it was disputed', () => {
    const subject = { kind: 'payment', paymentId } as const;
    const of: AccountEvent[] = [
      paymentApplied(paymentId, '10.00', [], '10.00'),
      {
        type: 'DisputeOpened',
        data: {
          ...{ disputeId, subject, amount: USD('10.00'), shares: [], reason: 'unauthorized' },
          ...{ disputePolicy: 'us-billing-error/1', effectiveAt },
        },
      },
      {
        type: 'PaymentRefunded',
        data: { paymentId, refundId: disputeId, amount: USD('10.00'), reason: 'unauthorized', effectiveAt },
      },
    ];
    given(account, [accountOpened(), ...of])
      .when(OpenDispute, { subject, reason: 'unauthorized' })
      .thenRejected('NOTHING_TO_DISPUTE', 'subject');
  });

  it('is about something the account has; also of a closed account, which a payment may be disputed on (VE1)', () => {
    const on = given(account, billed);
    const reason = 'not-received';
    on.when(OpenDispute, { subject: { ...charge, billNumber: 'B-9' }, reason }).thenRejected('BILL_UNKNOWN');
    on.when(OpenDispute, { subject: { ...charge, lineId: 'L9' }, reason }).thenRejected('LINE_UNKNOWN');
    on.when(OpenDispute, { subject: { kind: 'payment', paymentId }, reason }).thenRejected('PAYMENT_UNKNOWN');
    given(account).when(OpenDispute, { subject: charge, reason }).thenRejected('ACCOUNT_UNKNOWN');
    const closed = [...billed, paymentApplied(paymentId, '100.00', ['B-1/L1 60.00', 'B-1/L2 40.00']), accountClosed];
    const [opened] = given(account, closed)
      .when(OpenDispute, { subject: { kind: 'payment', paymentId }, reason })
      .events();
    expect(dataOf(opened, 'DisputeOpened')).toMatchObject({ amount: USD('100.00'), shares: [] });
  });
});

describe('Money that comes in during a dispute', () => {
  const pay = (amount: string) => ({ amount: USD(amount), channel: 'online', method: { kind: 'card' } }) as const;
  const two = [...billed, billIssued('B-2', '2026-02-21', ['50.00']), disputed('B-1/L2 40.00')];

  it('is laid on all that is not in dispute first, also on younger bills, and then on what is', () => {
    const laid = (amount: string) =>
      dataOf(given(account, two).when(ApplyPayment, pay(amount)).events()[0], 'PaymentApplied').allocations;
    expect(laid('100.00')).toEqual(['B-1/L1 60.00', 'B-2/L1 40.00'].map(share));
    expect(laid('120.00')).toEqual(['B-1/L1 60.00', 'B-2/L1 50.00', 'B-1/L2 10.00'].map(share));
  });

  it('goes where the payer says in writing, in dispute or not (AQ2)', () => {
    const body = { ...pay('40.00'), allocation: [{ billNumber: 'B-1', lineId: 'L2', amount: '40.00' }] };
    const [paid] = given(account, two).when(ApplyPayment, body).events();
    expect(dataOf(paid, 'PaymentApplied').allocations).toEqual([share('B-1/L2 40.00')]);
  });
});

describe('ResolveDispute', () => {
  const open = [...billed, disputed('B-1/L2 40.00')];

  it('for the customer reverses the charge; what had been paid on it becomes credit', () => {
    const paid = paymentApplied(paymentId, '100.00', ['B-1/L1 60.00', 'B-1/L2 40.00']);
    const done = given(account, [...billed, paid, disputed('B-1/L2 40.00')]).when(ResolveDispute, resolve);
    const [reversed, resolved] = done.events();
    expect(dataOf(reversed, 'ChargeReversed')).toMatchObject({
      ...{ billNumber: 'B-1', lineId: 'L2', amount: USD('40.00'), reason: 'outage-confirmed' },
      released: [{ ...share('B-1/L2 40.00'), sourceId: paymentId, sourceKind: 'payment' }],
      disputes: [{ disputeId, amount: '40.00' }],
    });
    expect(dataOf(resolved, 'DisputeResolved')).toEqual({
      ...{ disputeId, outcome: 'customer', granted: USD('40.00'), released: [], reason: 'outage-confirmed' },
      ...{ disputePolicy: 'us-billing-error/1', effectiveAt },
    });
    expect(done.state()).toMatchObject({ open: 0n, credit: 4_000n, disputes: [], respites: [] });
  });

  it('for the customer in part: the rest is due again, with ten days to pay it (12 CFR 1026.13(g)(2))', () => {
    const done = given(account, open).when(ResolveDispute, { ...resolve, amount: USD('15.00') });
    expect(dataOf(done.events()[1], 'DisputeResolved')).toMatchObject({
      ...{ granted: USD('15.00'), released: [share('B-1/L2 25.00')], payableBy: '2026-01-25' },
    });
    const state = done.state();
    expect(collectibleOf(state, 'B-1', '2026-01-25')).toMatchObject({ disputed: 2_500n, collectible: 6_000n });
    expect(collectibleOf(state, 'B-1', '2026-01-26')).toMatchObject({ disputed: 0n, collectible: 8_500n });
  });

  it('for the company posts nothing, and gives the same ten days', () => {
    const done = given(account, open).when(ResolveDispute, {
      disputeId,
      outcome: 'company',
      reason: 'usage-confirmed',
    });
    expect(done.events()).toHaveLength(1);
    expect(dataOf(done.events()[0], 'DisputeResolved')).toMatchObject({
      ...{ outcome: 'company', granted: USD('0.00'), released: [share('B-1/L2 40.00')], payableBy: '2026-01-25' },
    });
    expect(collectibleOf(done.state(), 'B-1', '2026-01-26').collectible).toBe(10_000n);
  });

  it('takes a payment that the customer never made off its bills, so that it can be refunded (12 CFR 1005.11)', () => {
    const paid = paymentApplied(paymentId, '110.00', ['B-1/L1 60.00', 'B-1/L2 40.00'], '10.00');
    const of: AccountEvent = {
      type: 'DisputeOpened',
      data: {
        ...{
          disputeId,
          subject: { kind: 'payment', paymentId },
          amount: USD('70.00'),
          shares: [],
          reason: 'unauthorized',
        },
        ...{ disputePolicy: 'us-billing-error/1', effectiveAt },
      },
    };
    const done = given(account, [...billed, paid, of]).when(ResolveDispute, resolve);
    expect(dataOf(done.events()[0], 'PaymentUnapplied')).toMatchObject({
      amount: USD('60.00'),
      released: ['B-1/L2 40.00', 'B-1/L1 20.00'].map(share),
    });
    expect(done.state()).toMatchObject({ open: 6_000n, credit: 7_000n, disputes: [] });
    const returned: AccountEvent = {
      type: 'PaymentReturned',
      data: {
        ...{ paymentId, amount: USD('110.00'), reason: 'unauthorized', unappliedRemoved: '10.00', effectiveAt },
        released: ['B-1/L1 60.00', 'B-1/L2 40.00'].map(share),
      },
    };
    expect(
      given(account, [...billed, paid, of, returned])
        .when(ResolveDispute, resolve)
        .events(),
    ).toHaveLength(1);
  });

  it('is about an open dispute, and grants no more than is in dispute', () => {
    const resolved = given(account, open).when(ResolveDispute, resolve).events();
    given(account, [...open, ...resolved])
      .when(ResolveDispute, resolve)
      .thenRejected('DISPUTE_UNKNOWN', 'disputeId');
    given(account, open)
      .when(ResolveDispute, { ...resolve, amount: USD('40.01') })
      .thenRejected('DISPUTE_EXCEEDS_SUBJECT', 'amount/amount');
    given(account, open)
      .when(ResolveDispute, { ...resolve, outcome: 'company', amount: USD('1.00') })
      .thenRejected('DISPUTE_EXCEEDS_SUBJECT', 'amount');
  });
});

describe('A charge that is reversed during a dispute', () => {
  it('takes the dispute along, as far as more would be in dispute than is left of it', () => {
    const reverse = { billNumber: 'B-1', lineId: 'L2', amount: USD('25.00'), reason: 'billed-in-error' };
    const done = given(account, [...billed, disputed('B-1/L2 30.00')]).when(ReverseCharge, reverse);
    expect(dataOf(done.events()[0], 'ChargeReversed').disputes).toEqual([{ disputeId, amount: '15.00' }]);
    expect(collectibleOf(done.state(), 'B-1', '2026-06-01')).toMatchObject({ open: 7_500n, disputed: 1_500n });
    const little = given(account, [...billed, disputed('B-1/L2 30.00')]).when(ReverseCharge, {
      ...reverse,
      amount: USD('10.00'),
    });
    expect(dataOf(little.events()[0], 'ChargeReversed')).not.toHaveProperty('disputes');
  });
});
