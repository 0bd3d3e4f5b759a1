import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { type CommandDefinition, Rejected } from '#libs/event-sourcing';
import { fold, given } from '#testing/event-sourcing';
import { CollectPayment, StartScheduledPayment } from './collect-payment.js';
import { nextStep } from './next-step.js';
import { asking, at, paymentId, refundId, report, story } from './payment-examples.js';
import { heldOf, type KnownPayment, payment, PAYMENT_STATUSES, type PaymentState, TRANSITIONS } from './payment.js';
import { type PaymentEvent } from './payment-events.js';
import { RecordGatewayReport, RecordNeverReceived, RecordUnknownOutcome } from './record-gateway-report.js';
import { RecordPosting } from './record-posting.js';
import { RecordRefundCheque, RecordRefundOnAccount, RequestRefund } from './refund-collected.js';
import { RepresentChargeback } from './represent-chargeback.js';
import { VoidPayment } from './void-payment.js';

const pending = story('PaymentPending');
const settled = story('PaymentPending', 'PaymentSettled');
const posted = [...settled, ...story('PaymentPosted')];
const charged = [...posted, ...story('ChargebackReceived')];

const disputed = { chargebackId: 'c-1', reasonCode: 'fraudulent', status: 'open' } as const;
const typesOf = (events: readonly PaymentEvent[]) => events.map(({ type }) => type);
const statusAfter = (past: readonly PaymentEvent[]) => fold(payment, past).status;
const told = (past: readonly PaymentEvent[], about: Parameters<typeof report>[0]) =>
  typesOf(given(payment, past).when(RecordGatewayReport, report(about)).events());

describe('CollectPayment', () => {
  it('records the intent with its idempotency key before the gateway hears of it, and a confirmation number (PA3, PA5)', () => {
    const [event] = given(payment).when(CollectPayment, asking()).events();
    expect(event).toMatchObject({
      type: 'PaymentPending',
      data: { idempotencyKey: paymentId, gateway: 'simulator', amount: { amount: '60.00' }, effectiveAt: at },
    });
    expect(event?.data).toHaveProperty('confirmationNumber', expect.stringMatching(/^[0-9A-Z]{12}$/));
  });

  it('schedules a payment on a day ahead, and starts it when the day has come and not before (PA6)', () => {
    const scheduled = given(payment)
      .when(CollectPayment, asking({ payOn: '2026-01-26' }))
      .events();
    expect(typesOf(scheduled)).toEqual(['PaymentScheduled']);
    given(payment, scheduled).when(StartScheduledPayment, {}, { at: '2026-01-25T23:59:59.999Z' }).thenNothing();
    const started = given(payment, scheduled).when(StartScheduledPayment, {}, { at: '2026-01-26T00:00:00.000Z' });
    expect(typesOf(started.events())).toEqual(['PaymentPending']);
    expect(nextStep(fold(payment, scheduled), '2026-01-25')).toBeUndefined();
    expect(nextStep(fold(payment, scheduled), '2026-01-26')).toEqual({ kind: 'start' });
    given(payment, pending).when(StartScheduledPayment, {}).thenNothing();
    const refused = given(payment, scheduled).when(
      StartScheduledPayment,
      { refused: 'ACCOUNT_CLOSED' },
      { at: '2026-01-26T00:00:00.000Z' },
    );
    expect(refused.events()).toMatchObject([{ type: 'PaymentVoided', data: { reason: 'account-closed' } }]);
  });

  it('refuses a day that has come, one beyond a year, a card number, no money, and the same payment twice', () => {
    const ask = (more: Parameters<typeof asking>[0]) => given(payment).when(CollectPayment, asking(more));
    ask({ payOn: '2026-01-15' }).thenRejected('PAY_ON_NOT_AHEAD', 'payOn');
    ask({ payOn: '2027-01-17' }).thenRejected('PAY_ON_TOO_FAR', 'payOn');
    ask({ method: { kind: 'card', token: '4111111111111111' } }).thenRejected('CARD_NUMBER_REFUSED', 'method/token');
    ask({ amount: { amount: '0', currency: 'USD' } }).thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    ask({ amount: { amount: '1', currency: 'XYZ' } }).thenRejected('CURRENCY_UNKNOWN', 'amount/currency');
    ask({ allocation: [{ billNumber: 'B-1', amount: '0.001' }] }).thenRejected(
      'AMOUNT_TOO_PRECISE',
      'allocation/0/amount',
    );
    given(payment, pending).when(CollectPayment, asking()).thenRejected('PAYMENT_EXISTS');
  });
});

describe('RecordGatewayReport', () => {
  it.each([
    ['pending', 'PaymentSubmitted', 'pending'],
    ['authorized', 'PaymentAuthorized', 'authorized'],
    ['settled', 'PaymentSettled', 'settled'],
    ['failed', 'PaymentDeclined', 'failed'],
    ['voided', 'PaymentVoided', 'voided'],
  ] as const)('of a pending or unknown payment that is %s records %s (PA5)', (status, type, next) => {
    for (const past of [pending, story('PaymentPending', 'PaymentOutcomeUnknown')]) {
      expect(told(past, { status })).toEqual([type]);
      const state = given(payment, past).when(RecordGatewayReport, report({ status })).state();
      expect(state.status).toBe(next);
      // The same again, as a webhook that comes twice leads to.
      const again = [...past, ...given(payment, past).when(RecordGatewayReport, report({ status })).events()];
      expect(told(again, { status })).toEqual([]);
    }
  });

  it('says less than is known: nothing happens (webhooks in disorder)', () => {
    expect(told(settled, { status: 'authorized' })).toEqual([]);
    expect(told(settled, { status: 'pending' })).toEqual([]);
    expect(told(story('PaymentPending', 'PaymentAuthorized'), { status: 'pending' })).toEqual([]);
    expect(told([...settled, ...story('ReturnReceived')], { status: 'settled' })).toEqual([]);
  });

  it('of a return or chargeback before the settlement was heard of records both (webhooks in disorder)', () => {
    const returned = { code: 'R01', reason: 'insufficient-funds' };
    expect(told(pending, { return: returned })).toEqual(['PaymentSettled', 'ReturnReceived']);
    const chargeback = { chargebackId: 'c-1', reasonCode: 'fraudulent', status: 'won' } as const;
    expect(told(pending, { chargeback })).toEqual(['PaymentSettled', 'ChargebackReceived', 'ChargebackWon']);
  });

  it('keeps what was found out about the payer (VE2)', () => {
    const verification = { cvv: 'match', avs: 'no_match' };
    const [event] = given(payment, pending).when(RecordGatewayReport, report({ verification })).events();
    expect(event?.data).toMatchObject({ verification });
  });

  it('of a late success after a failure or void is a fact (PA5)', () => {
    expect(told(story('PaymentPending', 'PaymentDeclined'), { status: 'settled' })).toEqual(['PaymentSettled']);
    const voided = story('PaymentPending', 'VoidRequested', 'PaymentVoided');
    expect(told(voided, { status: 'settled' })).toEqual(['PaymentSettled', 'VoidRefused']);
  });

  it('of an authorization that ran out records that it failed', () => {
    expect(told(story('PaymentPending', 'PaymentAuthorized'), { status: 'failed' })).toEqual(['PaymentDeclined']);
  });

  it('counts what had been refunded before the bank took all of it (Nacha: the whole entry is returned)', () => {
    const past = [...posted, ...story('RefundRequested', 'RefundPending', 'RefundSettled')];
    const [event] = given(payment, past)
      .when(RecordGatewayReport, report({ return: { reason: 'unauthorized' } }))
      .events();
    expect(event).toMatchObject({ type: 'ReturnReceived', data: { amount: '40.00', alreadyRefunded: '20.00' } });
  });

  it('of another amount than was asked for, captured, returned or charged back, is recorded by no half of it', () => {
    const whole = { captured: '6000', chargeback: { ...disputed, amount: '6000' } };
    expect(told(pending, whole)).toEqual(['PaymentSettled', 'ChargebackReceived']);
    for (const part of [
      { captured: '5999' },
      { return: { reason: 'unauthorized', amount: '4000' } },
      { chargeback: { ...disputed, amount: '6001' } },
    ]) {
      given(payment, pending).when(RecordGatewayReport, report(part)).thenRejected('GATEWAY_AMOUNT_DIFFERS');
    }
  });

  it('is about a payment that was asked for', () => {
    given(payment).when(RecordGatewayReport, report()).thenRejected('PAYMENT_UNKNOWN');
  });
});

describe('An outcome that is not known', () => {
  it('is recorded as unknown and never as failed (PA5)', () => {
    const state = given(payment, pending).when(RecordUnknownOutcome, { reason: 'time-out' }).state();
    expect(state.status).toBe('unknown');
    expect(nextStep(state, '2026-01-15')).toBeUndefined();
    given(payment, settled).when(RecordUnknownOutcome, { reason: 'time-out' }).thenNothing();
  });

  it('becomes a failure only when the gateway has never heard of it', () => {
    const unknown = story('PaymentPending', 'PaymentOutcomeUnknown');
    expect(given(payment, unknown).when(RecordNeverReceived, {}).state()).toMatchObject({
      status: 'failed',
      declineCode: 'never_received',
    });
    given(payment, settled).when(RecordNeverReceived, {}).thenNothing();
  });
});

describe('VoidPayment', () => {
  const reason = 'payer-asked';
  const voiding = (past: readonly PaymentEvent[], when = at) =>
    given(payment, past).when(VoidPayment, { reason }, { at: when });

  it('is asked of the gateway before settlement, once (void before settlement, refund after)', () => {
    for (const past of [
      pending,
      story('PaymentPending', 'PaymentOutcomeUnknown'),
      story('PaymentPending', 'PaymentAuthorized'),
    ]) {
      expect(typesOf(voiding(past).events())).toEqual(['VoidRequested']);
      voiding([...past, ...story('VoidRequested')]).thenNothing();
    }
    expect(told(story('PaymentPending', 'PaymentAuthorized', 'VoidRequested'), { status: 'voided' })).toEqual([
      'PaymentVoided',
    ]);
    voiding(story('PaymentPending', 'PaymentVoided')).thenNothing();
  });

  it('is refused after settlement, where the payment is refunded, and after it failed or went back', () => {
    voiding(settled).thenRejected('PAYMENT_NOT_VOIDABLE');
    voiding(story('PaymentPending', 'PaymentDeclined')).thenRejected('PAYMENT_NOT_VOIDABLE');
    for (const back of ['ReturnReceived', 'ChargebackReceived'] as const) {
      voiding([...settled, ...story(back)]).thenRejected('PAYMENT_NOT_VOIDABLE');
    }
    voiding([]).thenRejected('PAYMENT_UNKNOWN');
  });

  it('that the settlement was faster than is told as refused', () => {
    const asked = story('PaymentPending', 'PaymentAuthorized', 'VoidRequested');
    expect(told(asked, { status: 'settled' })).toEqual(['PaymentSettled', 'VoidRefused']);
    expect(told(asked, { status: 'authorized', voidRefused: 'too-late' })).toEqual(['VoidRefused']);
    expect(typesOf(voiding([...asked, ...story('VoidRefused')]).events())).toEqual(['VoidRequested']);
  });

  it('stops a preauthorised debit until three business days before its day (12 CFR 1005.10(c)(1))', () => {
    // Monday 26 January 2026: Wednesday to Friday are three business days; King Day is the 19th.
    const scheduled = story('PaymentScheduled');
    expect(typesOf(voiding(scheduled, '2026-01-21T23:00:00.000Z').events())).toEqual(['PaymentVoided']);
    voiding(scheduled, '2026-01-22T00:00:00.000Z').thenRejected('PAYMENT_STOP_TOO_LATE');
    voiding(scheduled, '2026-01-25T00:00:00.000Z').thenRejected('PAYMENT_STOP_TOO_LATE');
  });

  it('takes a payment that was scheduled by the payer alone off the schedule on any day', () => {
    const scheduled = given(payment)
      .when(CollectPayment, asking({ payOn: '2026-01-16' }))
      .events();
    expect(typesOf(voiding(scheduled).events())).toEqual(['PaymentVoided']);
  });
});

describe('A refund', () => {
  const ask = (past: readonly PaymentEvent[], amount?: string, by?: 'cheque') =>
    given(payment, past).when(RequestRefund, {
      reason: 'overpaid',
      ...(amount !== undefined && { amount: { amount, currency: 'USD' } }),
      ...(by && { by }),
    });

  it('is of all that is there, or of a part, by the original method or by cheque (PA10)', () => {
    expect(ask(posted).events()).toEqual([
      {
        type: 'RefundRequested',
        data: { refundId, amount: '60.00', by: 'original-method', reason: 'overpaid', effectiveAt: at },
      },
    ]);
    expect(ask(posted, '12.5', 'cheque').events()[0]?.data).toMatchObject({ amount: '12.50', by: 'cheque' });
  });

  it('never takes more than is there, counting what is on its way', () => {
    ask(posted, '60.01').thenRejected('REFUND_EXCEEDS_PAYMENT', 'amount/amount');
    ask([...posted, ...story('RefundRequested')], '40.01').thenRejected('REFUND_EXCEEDS_PAYMENT', 'amount/amount');
    // What failed is still owed to the payer: by cheque, and not once more.
    ask([...posted, ...story('RefundRequested', 'RefundFailed')], '40.01').thenRejected(
      'REFUND_EXCEEDS_PAYMENT',
      'amount/amount',
    );
    ask([...posted, ...story('RefundRequested', 'RefundRefused')], '60.00').events();
    ask(posted, '0').thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    given(payment, posted)
      .when(RequestRefund, { reason: 'overpaid', amount: { amount: '1', currency: 'EUR' } })
      .thenRejected('CURRENCY_MISMATCH', 'amount/currency');
  });

  it('is for payments that have settled (refund after settlement, void before)', () => {
    ask(story('PaymentPending', 'PaymentAuthorized')).thenRejected('PAYMENT_NOT_SETTLED');
    ask([...posted, ...story('ReturnReceived')]).thenRejected('PAYMENT_NOT_SETTLED');
    ask([]).thenRejected('PAYMENT_UNKNOWN');
  });

  it('is set aside on the account before the gateway is asked, and not paid when the account refuses', () => {
    const asked = [...posted, ...story('RefundRequested')];
    expect(nextStep(fold(payment, asked), '2026-01-15')).toMatchObject({ kind: 'refund-on-account' });
    const set = given(payment, asked).when(RecordRefundOnAccount, { refundId });
    expect(typesOf(set.events())).toEqual(['RefundPending']);
    expect(nextStep(set.state(), '2026-01-15')).toMatchObject({ kind: 'refund', refund: { idempotencyKey: refundId } });
    const refused = given(payment, asked).when(RecordRefundOnAccount, {
      refundId,
      refused: 'REFUND_EXCEEDS_UNAPPLIED',
    });
    expect(nextStep(refused.state(), '2026-01-15')).toBeUndefined();
    given(payment, [...asked, ...story('RefundPending')])
      .when(RecordRefundOnAccount, { refundId })
      .thenNothing();
    given(payment, posted).when(RecordRefundOnAccount, { refundId }).thenRejected('REFUND_UNKNOWN', 'refundId');
  });

  it('of the whole payment makes it refunded when the money has left, and settled again when that fails', () => {
    const all: PaymentEvent[] = [...ask(posted).events()];
    const left = [...posted, ...all, ...story('RefundPending', 'RefundSettled')];
    expect(statusAfter(left)).toBe('refunded');
    expect(statusAfter([...left, ...story('RefundFailed')])).toBe('settled');
    expect(statusAfter([...posted, ...story('RefundRequested', 'RefundPending', 'RefundSettled')])).toBe('settled');
  });

  it('is told of by the gateway as settled or failed', () => {
    const sent = [...posted, ...story('RefundRequested', 'RefundPending')];
    const about = (status: 'pending' | 'settled' | 'failed') => ({ refunds: [{ refundId, reference: 'r-1', status }] });
    expect(told(sent, about('pending'))).toEqual([]);
    expect(told(sent, about('settled'))).toEqual(['RefundSettled']);
    expect(told(sent, about('failed'))).toEqual(['RefundFailed']);
    expect(told(posted, about('settled'))).toEqual([]);
    // The payer's bank sends a refund back days after it had settled.
    const back = [...sent, ...story('RefundSettled')];
    expect(told(back, about('settled'))).toEqual([]);
    expect(told(back, about('failed'))).toEqual(['RefundFailed']);
    expect(told([...sent, ...story('RefundFailed')], about('settled'))).toEqual(['RefundSettled']);
  });

  it('that the gateway could not pay is paid by cheque, whatever the gateway says of it later', () => {
    const failed = [...posted, ...story('RefundRequested', 'RefundPending', 'RefundFailed')];
    const sent = given(payment, failed).when(RecordRefundCheque, { refundId, chequeNumber: '1017' });
    sent.then([{ type: 'RefundSettled', data: { refundId, by: 'cheque', reference: '1017', effectiveAt: at } }]);
    const refunds = [{ refundId, reference: 'r-1', status: 'failed' as const }];
    expect(told([...failed, ...sent.events()], { refunds })).toEqual([]);
    expect(heldOf(sent.state() as KnownPayment)).toBe(4000n);
  });

  it('that races a return or chargeback leaves nothing of the payment, whoever was first', () => {
    for (const [taken, status] of [
      ['ReturnReceived', 'returned'],
      ['ChargebackReceived', 'charged_back'],
    ] as const) {
      const about = taken === 'ReturnReceived' ? { return: { reason: 'unauthorized' } } : { chargeback: disputed };
      for (const then of ['RefundRefused', 'RefundFailed', 'RefundSettled'] as const) {
        const asked = [...posted, ...story('RefundRequested')];
        const raced = [...asked, ...given(payment, asked).when(RecordGatewayReport, report(about)).events()];
        const state = fold(payment, [...raced, ...story(then)]) as KnownPayment;
        expect([state.status, heldOf(state)]).toEqual([status, 0n]);
      }
    }
  });

  it('by cheque is settled by the number of the cheque', () => {
    const owed = [...posted, ...ask(posted, '20', 'cheque').events(), ...story('RefundPending')];
    expect(nextStep(fold(payment, owed), '2026-01-15')).toBeUndefined();
    given(payment, owed)
      .when(RecordRefundCheque, { refundId, chequeNumber: '1017' })
      .then([{ type: 'RefundSettled', data: { refundId, by: 'cheque', reference: '1017', effectiveAt: at } }]);
    const byCard = [...posted, ...story('RefundRequested', 'RefundPending')];
    given(payment, byCard)
      .when(RecordRefundCheque, { refundId, chequeNumber: '1017' })
      .thenRejected('REFUND_NOT_PENDING', 'refundId');
  });
});

describe('A chargeback', () => {
  it('takes the payment off the account, whatever comes of it later (PA5)', () => {
    expect(statusAfter(charged)).toBe('charged_back');
    expect(nextStep(fold(payment, charged), '2026-01-15')).toMatchObject({ kind: 'reverse', reason: 'chargeback' });
  });

  it('is contested once, with a reference to the evidence (representment)', () => {
    const contested = given(payment, [...charged, ...story('PostingReversed')]).when(RepresentChargeback, {
      evidence: 'file-7',
    });
    expect(typesOf(contested.events())).toEqual(['RepresentmentRequested']);
    expect(nextStep({ ...contested.state(), gatewayReference: 'g-1' } as PaymentState, '2026-01-15')).toEqual({
      kind: 'represent',
      chargebackId: 'c-1',
      evidence: 'file-7',
    });
    given(payment, [...charged, ...story('RepresentmentRequested')])
      .when(RepresentChargeback, { evidence: 'file-8' })
      .thenRejected('CHARGEBACK_NOT_OPEN');
    given(payment, posted).when(RepresentChargeback, { evidence: 'file-7' }).thenRejected('CHARGEBACK_NOT_OPEN');
  });

  it('that is won gives the money back, and the account takes it again; one that is lost changes nothing', () => {
    const contested = [...charged, ...story('PostingReversed', 'RepresentmentRequested', 'RepresentmentSubmitted')];
    const about = (status: 'won' | 'lost') => ({
      chargeback: { chargebackId: 'c-1', reasonCode: 'fraudulent', status },
    });
    expect(told(contested, about('won'))).toEqual(['ChargebackWon']);
    expect(told(contested, about('lost'))).toEqual(['ChargebackLost']);
    expect(statusAfter([...contested, ...story('ChargebackWon')])).toBe('settled');
    expect(nextStep(fold(payment, [...contested, ...story('ChargebackWon')]), '2026-01-15')).toEqual({
      kind: 'reinstate',
    });
    expect(nextStep(fold(payment, [...contested, ...story('ChargebackLost')]), '2026-01-15')).toBeUndefined();
    expect(told([...contested, ...story('ChargebackWon')], about('won'))).toEqual([]);
  });

  it('that was won may be followed by another, and no late word on the first counts as a third', () => {
    const won = [...charged, ...story('PostingReversed', 'ChargebackWon', 'PostingReinstated')];
    expect(told(won, { chargeback: disputed })).toEqual([]);
    const second = { ...disputed, chargebackId: 'c-2' };
    expect(told(won, { chargeback: second })).toEqual(['ChargebackReceived']);
    const both = [
      ...won,
      ...given(payment, won)
        .when(RecordGatewayReport, report({ chargeback: second }))
        .events(),
    ];
    const secondWon = { chargeback: { ...second, status: 'won' as const } };
    const over = [...both, ...given(payment, both).when(RecordGatewayReport, report(secondWon)).events()];
    expect(statusAfter(over)).toBe('settled');
    expect(told(over, { chargeback: disputed })).toEqual([]);
  });
});

describe('Posting', () => {
  const stepAfter = (past: readonly PaymentEvent[]) => nextStep(fold(payment, past), '2026-01-15');
  const early = given(payment)
    .when(CollectPayment, asking({ policy: { version: 'payments/1', applyOn: 'authorized' } }))
    .events();

  it('follows settlement, or authorization where the policy says so', () => {
    expect(stepAfter(settled)).toEqual({ kind: 'post' });
    expect(stepAfter(story('PaymentPending', 'PaymentAuthorized'))).toBeUndefined();
    expect(stepAfter([...early, ...story('PaymentAuthorized')])).toEqual({ kind: 'post' });
  });

  it('is taken back when an authorized payment is voided or fails after all', () => {
    const counted = [...early, ...story('PaymentAuthorized', 'PaymentPosted')];
    expect(stepAfter([...counted, ...story('PaymentVoided')])).toEqual({ kind: 'reverse', reason: 'payment-voided' });
    expect(stepAfter([...counted, ...story('PaymentDeclined')])).toEqual({
      kind: 'reverse',
      reason: 'insufficient-funds',
    });
  });

  it('happens also when the bank was faster than the account, and is taken back then', () => {
    const returned = [...settled, ...story('ReturnReceived')];
    expect(stepAfter(returned)).toEqual({ kind: 'post' });
    expect(stepAfter([...returned, ...story('PaymentPosted')])).toMatchObject({ kind: 'reverse', returnCode: 'R01' });
    expect(stepAfter([...returned, ...story('PaymentPosted', 'PostingReversed')])).toBeUndefined();
  });

  it('that the account refuses waits, is shown, and is due again', () => {
    const refused = given(payment, settled).when(RecordPosting, { done: 'refused', code: 'PAYMENTS_HELD' });
    expect(refused.state()).toMatchObject({ postingRefused: 'PAYMENTS_HELD' });
    expect(nextStep(refused.state(), '2026-01-15')).toEqual({ kind: 'post' });
    const again = [...settled, ...story('PostingRefused')];
    given(payment, again).when(RecordPosting, { done: 'refused', code: 'PAYMENTS_HELD' }).thenNothing();
    expect(given(payment, again).when(RecordPosting, { done: 'posted' }).state()).not.toHaveProperty('postingRefused');
  });

  it('is not due any more when a payment that the account refused was given back whole', () => {
    const whole = { ...story('RefundRequested')[0]!.data, amount: '60.00' };
    const asked = [...settled, ...story('PostingRefused'), { type: 'RefundRequested', data: whole } as PaymentEvent];
    // Until the account has refused once more, nobody knows that it has none of it.
    expect(stepAfter(asked)).toEqual({ kind: 'post' });
    expect(stepAfter([...asked, ...story('RefundPending')])).toMatchObject({ kind: 'refund' });
    const back = [...asked, ...story('RefundPending', 'RefundSettled')];
    expect(stepAfter(back)).toBeUndefined();
    expect(fold(payment, back)).not.toHaveProperty('postingRefused');
    expect(stepAfter([...asked, ...story('RefundPending', 'RefundFailed')])).toBeUndefined();
  });

  it('is recorded once, as is the report of a failure', () => {
    given(payment, posted).when(RecordPosting, { done: 'posted' }).thenNothing();
    const failed = story('PaymentPending', 'PaymentDeclined');
    expect(stepAfter(failed)).toEqual({ kind: 'report-failure' });
    const told = given(payment, failed).when(RecordPosting, { done: 'failure-reported' });
    expect(nextStep(told.state(), '2026-01-15')).toBeUndefined();
    given(payment, [...failed, ...story('FailureReported')])
      .when(RecordPosting, { done: 'failure-reported' })
      .thenNothing();
  });
});

describe('The states of a payment', () => {
  it('and what may follow them are those of the table in the guide', () => {
    const guide = readFileSync(new URL('../../../../docs/guides/payments.md', import.meta.url), 'utf8');
    for (const [status, next] of Object.entries(TRANSITIONS)) {
      const words = next.length === 0 ? 'nothing' : next.map((one) => `\`${one}\``).join(', ');
      expect(guide).toMatch(new RegExp(`^\\| \`${status}\` .*\\| ${words} +\\|$`, 'm'));
    }
  });

  const idOf = (refund: number) => `00000000-0000-4000-8000-${String(refund).padStart(12, '0')}`;
  const refundIds = fc.constantFrom(idOf(0), idOf(0), idOf(0), idOf(1));
  const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const aReport = fc.record(
    {
      reference: fc.constant('g-1'),
      status: fc.constantFrom('pending', 'authorized', 'settled', 'failed', 'voided'),
      refunds: fc.array(
        fc.record({
          refundId: refundIds,
          reference: fc.constant('r'),
          status: fc.constantFrom('pending', 'settled', 'failed'),
        }),
        { maxLength: 2 },
      ),
      voidRefused: fc.constant('no'),
      // Seldom, for they end most of what could come after them.
      return: seldom(fc.constant({ reason: 'unauthorized' })),
      chargeback: seldom(
        fc.record({
          chargebackId: fc.constantFrom('c-1', 'c-2'),
          reasonCode: fc.constant('fraudulent'),
          status: fc.constantFrom('open', 'represented', 'won', 'lost'),
        }),
      ),
    },
    { requiredKeys: ['reference', 'status', 'refunds'] },
  );
  type Try = readonly [CommandDefinition<string, never, PaymentState, PaymentEvent>, object];
  const tries = (definition: unknown, body: fc.Arbitrary<object>): fc.Arbitrary<Try> =>
    body.map((data) => [definition as Try[0], data]);
  const anyTry = fc.oneof(
    tries(
      CollectPayment,
      fc.constantFrom(
        asking(),
        asking({ payOn: '2026-01-16' }),
        asking({ policy: { version: '1', applyOn: 'authorized' } }),
      ),
    ),
    tries(StartScheduledPayment, fc.constantFrom({}, {}, { refused: 'ACCOUNT_CLOSED' })),
    { weight: 6, arbitrary: tries(RecordGatewayReport, aReport) },
    tries(RecordUnknownOutcome, fc.constant({ reason: 'time-out' })),
    tries(RecordNeverReceived, fc.constant({})),
    tries(VoidPayment, fc.constant({ reason: 'payer-asked' })),
    {
      weight: 3,
      arbitrary: tries(
        RequestRefund,
        fc.record({
          reason: fc.constant('overpaid'),
          by: fc.constantFrom('original-method', 'cheque'),
          amount: fc.constantFrom('60.00', '60.00', '35.00').map((amount) => ({ amount, currency: 'USD' })),
        }),
      ),
    },
    {
      weight: 4,
      arbitrary: tries(RecordRefundOnAccount, fc.record({ refundId: refundIds, refused: seldom(fc.constant('NO')) })),
    },
    {
      weight: 3,
      arbitrary: tries(RecordRefundCheque, fc.record({ refundId: refundIds, chequeNumber: fc.constant('1017') })),
    },
    tries(RepresentChargeback, fc.constant({ evidence: 'file-7' })),
    {
      weight: 2,
      arbitrary: tries(
        RecordPosting,
        fc.constantFrom(
          { done: 'posted' },
          { done: 'reversed', reason: 'x' },
          { done: 'reinstated' },
          { done: 'failure-reported' },
          { done: 'refused', code: 'X' },
        ),
      ),
    },
  );

  it('are all that any sequence of commands reaches, and captured − refunded − returned − charged back is never below zero', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(anyTry, { maxLength: 40, size: 'max' }), (all) => {
        let state: PaymentState = payment.initialState;
        for (const [index, [definition, body]] of all.entries()) {
          const context = {
            id: paymentId,
            commandId: idOf(state.status === 'new' ? 0 : state.refunds.length),
            at: index < 5 ? at : '2026-01-17T00:00:00.000Z',
          };
          let events: readonly PaymentEvent[];
          try {
            const { schema } = definition as unknown as { schema: { parse(body: object): never } };
            events = definition.decide(schema.parse(body), state, context);
          } catch (error) {
            if (error instanceof Rejected) continue;
            throw error;
          }
          for (const event of events) {
            payment.events.check(event);
            // `evolve` itself throws on a step that TRANSITIONS does not have, and on less than nothing held.
            state = payment.evolve(state, event);
            reached.add(state.status);
            if (state.status !== 'new') expect(heldOf(state) >= 0n).toBe(true);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect([...reached].sort()).toEqual([...PAYMENT_STATUSES].sort());
  });

  it('are refused by the fold itself when a history does not hang together', () => {
    expect(() => fold(payment, story('PaymentSettled'))).toThrow('begins with PaymentSettled');
    expect(() => fold(payment, [...settled, ...story('PaymentVoided')])).toThrow('settled cannot become voided');
    expect(() => fold(payment, [...settled, ...story('RefundSettled')])).toThrow('never asked for');
  });
});
