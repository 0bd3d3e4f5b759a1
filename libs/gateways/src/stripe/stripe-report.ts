import { type GatewayReport } from '#libs/ledger';
import type Stripe from 'stripe';

/** All that Stripe keeps of one payment; refunds and disputes are objects of their own there. */
export interface StripePayment {
  readonly intent: Stripe.PaymentIntent;
  readonly refunds: readonly Stripe.Refund[];
  readonly disputes: readonly Stripe.Dispute[];
}

/** Where ours stand among the metadata of Stripe's objects. */
export const METADATA = { payment: 'paybill_payment_id', refund: 'paybill_refund_id', account: 'paybill_account_id' };

/**
 * How a payment stands, in our words.
 *
 * @see https://docs.stripe.com/payments/paymentintents/lifecycle
 * @see https://docs.stripe.com/payments/ach-direct-debit A debit that the bank returns comes as a dispute that is lost.
 */
export function reportOf({ intent, refunds, disputes }: StripePayment): GatewayReport {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const details = charge?.payment_method_details;
  const verification = verificationOf(details?.card);
  const dispute = disputes.find(({ status }) => !status.startsWith('warning_'));
  const status = STATUS[intent.status] ?? 'pending';
  const isDebit = details?.type === 'us_bank_account';
  return {
    reference: intent.id,
    status,
    ...(status === 'settled' && { captured: String(intent.amount_received) }),
    ...(status === 'failed' && { declineCode: declineCodeOf(intent.last_payment_error) }),
    ...(verification && { verification }),
    refunds: refunds.flatMap(refundOf),
    ...(dispute && isDebit && { return: returnOf(dispute) }),
    ...(dispute && !isDebit && { chargeback: chargebackOf(dispute) }),
  };
}

/** A status that is not known here is one that something may still come of. */
const STATUS: Readonly<Record<string, GatewayReport['status']>> = {
  requires_confirmation: 'pending',
  requires_action: 'pending',
  processing: 'pending',
  requires_capture: 'authorized',
  succeeded: 'settled',
  canceled: 'voided',
  requires_payment_method: 'failed',
};

/** Codes of Stripe are of letters and underscores already; anything else is not repeated. */
export function declineCodeOf(error: { decline_code?: string; code?: string } | null | undefined): string {
  const code = error?.decline_code ?? error?.code ?? 'declined';
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(code) ? code : 'declined';
}

function verificationOf(card: Stripe.Charge.PaymentMethodDetails.Card | undefined): GatewayReport['verification'] {
  if (!card?.checks) return undefined;
  const { cvc_check: cvv, address_postal_code_check: avs } = card.checks;
  const threeDSecure = card.three_d_secure?.result;
  return { ...(cvv && { cvv }), ...(avs && { avs }), ...(threeDSecure && { threeDSecure }) };
}

const REFUND_STATUS: Readonly<Record<string, GatewayReport['refunds'][number]['status']>> = {
  succeeded: 'settled',
  failed: 'failed',
  canceled: 'failed',
};

/** A refund that somebody made at Stripe itself has no id of ours, and is none of ours. */
function refundOf(refund: Stripe.Refund): GatewayReport['refunds'] {
  const refundId = refund.metadata?.[METADATA.refund];
  if (refundId === undefined) return [];
  const status = REFUND_STATUS[refund.status ?? ''] ?? 'pending';
  const { id: reference, failure_reason: failureCode } = refund;
  return [{ refundId, reference, status, ...(failureCode !== undefined && { failureCode }) }];
}

function chargebackOf(dispute: Stripe.Dispute): GatewayReport['chargeback'] & object {
  const { id: chargebackId, reason: reasonCode, amount, created } = dispute;
  const status = disputeStatus(dispute.status);
  return { chargebackId, reasonCode, status, amount: String(amount), at: instant(created) };
}

function returnOf({ reason, amount, created }: Stripe.Dispute): GatewayReport['return'] {
  return { reason: reason.replaceAll('_', '-'), amount: String(amount), at: instant(created) };
}

function disputeStatus(status: string): 'open' | 'represented' | 'won' | 'lost' {
  if (status === 'won' || status === 'lost') return status;
  return status === 'under_review' ? 'represented' : 'open';
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
