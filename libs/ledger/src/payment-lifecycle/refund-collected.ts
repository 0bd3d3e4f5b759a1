import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Identifier, ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput, readPositiveAmount } from '../money/money.js';
import { heldOf, type KnownPayment, payment, type Refund, requireAsked } from './payment.js';
import { type PaymentEvent } from './payment-events.js';

/**
 * Asks for a settled payment, or part of it, to be paid back (PA10): by the method it came by, or by cheque. The account
 * sets the money aside first and may refuse; only then is anything paid. The refund's id is the command's.
 */
export const RequestRefund = defineCommand({
  type: 'RequestRefund',
  decider: payment,
  schema: z.strictObject({
    /** All that is there of the payment when it is left out. */
    amount: MoneyInput.optional(),
    by: z.enum(['original-method', 'cheque'], 'must be "original-method" or "cheque"').default('original-method'),
    reason: ReasonCode,
  }),
  decide({ amount: named, by, reason }, state, { commandId, at }): PaymentEvent[] {
    const known = requireAsked(state);
    if (known.status !== 'settled' && known.status !== 'refunded') {
      refuse('PAYMENT_NOT_SETTLED', `the payment is ${known.status}; only one that has settled is refunded`);
    }
    const held = heldOf(known);
    const amount = named === undefined ? held : readRefund(named, known);
    if (amount > held || held === 0n) {
      const left = formatMinor(held, known.digits);
      refuse('REFUND_EXCEEDS_PAYMENT', `${left} of the payment is there; refund no more than that`, 'amount/amount');
    }
    const data = { refundId: commandId, amount: formatMinor(amount, known.digits), by, reason, effectiveAt: at };
    return [{ type: 'RefundRequested', data }];
  },
});

/** The account has set the money of a refund aside, so that it may leave; or would not, with its code. */
export const RecordRefundOnAccount = defineCommand({
  type: 'RecordRefundOnAccount',
  decider: payment,
  schema: z.strictObject({ refundId: z.uuid(), refused: z.string().optional() }),
  decide({ refundId, refused }, state, { at: effectiveAt }): PaymentEvent[] {
    const { status } = requireRefund(requireAsked(state), refundId);
    if (status !== 'requested') return [];
    if (refused !== undefined) return [{ type: 'RefundRefused', data: { refundId, code: refused, effectiveAt } }];
    return [{ type: 'RefundPending', data: { refundId, idempotencyKey: refundId, effectiveAt } }];
  },
});

/** The cheque of a refund has been sent. A cheque is drawn by a person, who says so with its number. */
export const RecordRefundCheque = defineCommand({
  type: 'RecordRefundCheque',
  decider: payment,
  schema: z.strictObject({ refundId: z.uuid('must be the refund’s id, a UUID'), chequeNumber: Identifier }),
  decide({ refundId, chequeNumber: reference }, state, { at: effectiveAt }): PaymentEvent[] {
    const { status, by } = requireRefund(requireAsked(state), refundId);
    // What the gateway could not pay back is still owed: a cheque is how it is paid then.
    const owed = status === 'failed' || (by === 'cheque' && status === 'pending');
    if (!owed) refuse('REFUND_NOT_PENDING', 'no cheque is owed for this refund; look at the payment', 'refundId');
    return [{ type: 'RefundSettled', data: { refundId, by: 'cheque', reference, effectiveAt } }];
  },
});

function requireRefund({ refunds }: KnownPayment, refundId: string): Refund {
  const refund = refunds.find((one) => one.refundId === refundId);
  return refund ?? refuse('REFUND_UNKNOWN', 'the payment has no refund with this id; look at the payment', 'refundId');
}

function readRefund(money: z.output<typeof MoneyInput>, { asked }: KnownPayment): bigint {
  const { currency } = asked.amount;
  if (money.currency !== currency) {
    refuse('CURRENCY_MISMATCH', `the payment was made in ${currency}; refund it in that`, 'amount/currency');
  }
  return readPositiveAmount(money.amount, currency, 'amount/amount');
}
