import { type z } from 'zod';
import { type CollectPayment } from './collect-payment.js';
import { type PaymentEvent } from './payment-events.js';
import { type GatewayReport } from './payment-gateway.js';

/* Short histories for the specs of payments: one of 60.00 USD by card. */

export const at = '2026-01-15T12:00:00.000Z';
export const paymentId = '00000000-0000-4000-8000-00000000000a';
export const refundId = '00000000-0000-4000-8000-00000000000c';

/** What a client and the server's settings ask for. */
export function asking(more: Partial<z.input<typeof CollectPayment.schema>> = {}) {
  return {
    accountId: '00000000-0000-4000-8000-0000000000aa',
    amount: { amount: '60.00', currency: 'USD' },
    channel: 'online' as const,
    method: { kind: 'card' as const, token: 'sim_ok' },
    gateway: 'simulator',
    policy: { version: 'payments/1', applyOn: 'settled' as const },
    ...more,
  };
}

/** Events of the types, with the data that makes their story hang together. */
export function story(...types: (keyof typeof EXAMPLES)[]): PaymentEvent[] {
  return types.map((type) => ({ type, data: EXAMPLES[type] }) as PaymentEvent);
}

export function report(more: Partial<GatewayReport> = {}): GatewayReport {
  return { reference: 'g-1', status: 'settled', refunds: [], ...more };
}

const asked = {
  accountId: '00000000-0000-4000-8000-0000000000aa',
  amount: { amount: '60.00', currency: 'USD' },
  channel: 'online',
  method: { kind: 'card', token: 'sim_ok' },
  confirmationNumber: '0123456789AB',
  policy: { version: 'payments/1', applyOn: 'settled' },
};
const refund = { refundId, effectiveAt: at };
const taken = { amount: '60.00', alreadyRefunded: '0.00', effectiveAt: at };
const chargeback = { chargebackId: 'c-1', effectiveAt: at };

const EXAMPLES = {
  PaymentScheduled: { ...asked, payOn: '2026-01-26', preauthorized: true, gateway: 'simulator', effectiveAt: at },
  PaymentPending: { ...asked, gateway: 'simulator', idempotencyKey: paymentId, effectiveAt: at },
  PaymentSubmitted: { gatewayReference: 'g-1', effectiveAt: at },
  PaymentOutcomeUnknown: { reason: 'time-out', effectiveAt: at },
  PaymentAuthorized: { gatewayReference: 'g-1', effectiveAt: at },
  PaymentSettled: { gatewayReference: 'g-1', effectiveAt: at },
  PaymentDeclined: { declineCode: 'insufficient_funds', gatewayReference: 'g-1', effectiveAt: at },
  VoidRequested: { reason: 'payer-asked', effectiveAt: at },
  VoidRefused: { code: 'payment-settled', effectiveAt: at },
  PaymentVoided: { reason: 'payer-asked', effectiveAt: at },
  RefundRequested: { ...refund, amount: '20.00', by: 'original-method', reason: 'overpaid' },
  RefundRefused: { ...refund, code: 'REFUND_EXCEEDS_UNAPPLIED' },
  RefundPending: { ...refund, idempotencyKey: refundId },
  RefundSettled: { ...refund, by: 'original-method', reference: 'r-1' },
  RefundFailed: { ...refund, failureCode: 'card_closed' },
  ReturnReceived: { ...taken, returnCode: 'R01', reason: 'insufficient-funds' },
  ChargebackReceived: { ...taken, chargebackId: 'c-1', reasonCode: 'fraudulent' },
  RepresentmentRequested: { ...chargeback, evidence: 'file-7' },
  RepresentmentSubmitted: chargeback,
  ChargebackWon: chargeback,
  ChargebackLost: chargeback,
  PaymentPosted: { effectiveAt: at },
  PostingReversed: { reason: 'chargeback', effectiveAt: at },
  PostingReinstated: { effectiveAt: at },
  PostingRefused: { code: 'PAYMENTS_HELD', effectiveAt: at },
  FailureReported: { effectiveAt: at },
};
