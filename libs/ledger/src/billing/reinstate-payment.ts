import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { layPayment } from '../collections/recovery.js';
import { formatMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireKnown } from './account-state.js';
import { ALLOCATION_POLICY, storedShares } from './allocation.js';
import { ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';

/**
 * The bank gave back what it had taken: a chargeback was won. The payment counts again under its own id and confirmation
 * number, laid on the bills as they are now, oldest due first, and on debt that was written off meanwhile. What had been
 * refunded of it was a claim on the payer in the books (Chargeback Receivable) and is settled by it. A closed account takes it
 * too, as it took the return.
 */
export const ReinstatePayment = defineCommand({
  type: 'ReinstatePayment',
  decider: account,
  schema: z.strictObject({ paymentId: z.uuid(), reason: ReasonCode }),
  decide({ paymentId, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    const payment = state.sources.get(paymentId);
    if (payment?.kind !== 'payment') {
      refuse('PAYMENT_UNKNOWN', 'the account has no payment with this id; look it up in the payments', 'paymentId');
    }
    if (!payment.returned)
      refuse('PAYMENT_NOT_RETURNED', 'the payment was not returned; it counts as it is', 'paymentId');
    const minor = (amount: bigint) => formatMinor(amount, state.digits);
    const { at: effectiveAt } = context;
    const left = payment.amount - payment.refunded;
    const { reinstated, shares, unapplied } = layPayment(state, left, { paymentId, effectiveAt });
    return [
      ...reinstated,
      {
        type: 'PaymentReinstated',
        data: {
          paymentId,
          amount: { amount: minor(payment.amount), currency: state.currency },
          reason,
          allocations: storedShares(shares, state.digits),
          unapplied: minor(unapplied),
          ...(payment.refunded > 0n && { claimSettled: minor(payment.refunded) }),
          allocationPolicy: ALLOCATION_POLICY,
          effectiveAt,
        },
      },
    ];
  },
});
