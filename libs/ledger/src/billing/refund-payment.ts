import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireKnown, requirePayment } from './account-state.js';
import { ReasonCode } from './command-fields.js';
import { readPaid } from './payment-fields.js';
import { refuse } from './rejections.js';

/**
 * Pays back what of a payment lies on no bill (PA10): all of it, or the amount that is named. Money on bills has to be
 * unapplied first, so that what a refund leaves open is decided and never guessed. The refund's id is the command's unless it
 * has one.
 */
export const RefundPayment = defineCommand({
  type: 'RefundPayment',
  decider: account,
  schema: z.strictObject({
    paymentId: z.uuid('must be the payment’s id, a UUID'),
    /** Of a refund that a gateway pays. */
    refundId: z.uuid().optional(),
    amount: MoneyInput.optional(),
    reason: ReasonCode,
  }),
  decide({ paymentId, refundId, amount: named, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    const { unapplied } = requirePayment(state, paymentId);
    const amount = named === undefined ? unapplied : readPaid(named, state);
    if (amount > unapplied || unapplied === 0n) {
      const left = formatMinor(unapplied, state.digits);
      const message = `${left} of the payment is unapplied; refund no more than that, or unapply the payment first`;
      refuse('REFUND_EXCEEDS_UNAPPLIED', message, named === undefined ? 'paymentId' : 'amount/amount');
    }
    return [
      {
        type: 'PaymentRefunded',
        data: {
          paymentId,
          refundId: refundId ?? context.commandId,
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          reason,
          effectiveAt: context.at,
        },
      },
    ];
  },
});
