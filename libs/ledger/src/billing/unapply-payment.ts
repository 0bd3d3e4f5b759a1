import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { formatMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireBill, requireOpen, requirePayment } from './account-state.js';
import { storedShares, sumOf } from './allocation.js';
import { Identifier, ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';

/** Takes a payment off the bills it lies on, or off one of them. The money stays on the account as credit. */
export const UnapplyPayment = defineCommand({
  type: 'UnapplyPayment',
  decider: account,
  schema: z.strictObject({
    paymentId: z.uuid('must be the payment’s id, a UUID'),
    billNumber: Identifier.optional(),
    reason: ReasonCode,
  }),
  decide({ paymentId, billNumber, reason }, state, context): AccountEvent[] {
    requireOpen(state);
    const payment = requirePayment(state, paymentId);
    if (billNumber !== undefined) requireBill(state, billNumber, 'billNumber');
    const released = payment.allocations.filter((share) => billNumber === undefined || share.billNumber === billNumber);
    if (released.length === 0) {
      const where = billNumber === undefined ? 'any bill' : 'this bill';
      refuse(
        'PAYMENT_NOT_APPLIED',
        `nothing of the payment lies on ${where}; there is nothing to take off`,
        'paymentId',
      );
    }
    return [
      {
        type: 'PaymentUnapplied',
        data: {
          paymentId,
          amount: { amount: formatMinor(sumOf(released), state.digits), currency: state.currency },
          released: storedShares(released, state.digits),
          reason,
          effectiveAt: context.at,
        },
      },
    ];
  },
});
