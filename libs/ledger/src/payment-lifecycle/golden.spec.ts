import { goldenEvents } from '#testing/event-sourcing';
import { heldOf, payment, type PaymentState } from './payment.js';
import { paymentEvents, type PaymentEvent } from './payment-events.js';

describe('Events of payments stored by earlier builds', () => {
  const read = goldenEvents(paymentEvents, import.meta.url);
  const fold = (...types: PaymentEvent['type'][]) =>
    types.map(read).reduce<PaymentState>((state, event) => payment.evolve(state, event), payment.initialState);

  it('fold to the payment they have always come to', () => {
    const life = ['PaymentScheduled', 'PaymentPending', 'PaymentOutcomeUnknown', 'PaymentSubmitted'] as const;
    const refunded = ['RefundRequested', 'RefundPending', 'RefundSettled'] as const;
    const state = fold(
      ...life,
      'PaymentAuthorized',
      'PaymentSettled',
      'PaymentPosted',
      ...refunded,
      'ChargebackReceived',
    );
    expect(state).toMatchObject({
      ...{ status: 'charged_back', amount: 6000n, captured: 6000n, chargedBack: 4000n, gatewayReference: 'pi_1' },
      ...{ payOn: '2026-01-26', preauthorized: true, posting: 'posted', chargeback: { status: 'open' } },
    });
    expect(state.status === 'new' ? undefined : heldOf(state)).toBe(0n);
    expect(fold('PaymentPending', 'PaymentDeclined', 'FailureReported')).toMatchObject({
      status: 'failed',
      failureReported: true,
    });
  });
});
