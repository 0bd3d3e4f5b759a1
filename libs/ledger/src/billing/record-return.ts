import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { recoveryLost } from '../collections/recovery.js';
import { formatMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireKnown, requirePayment } from './account-state.js';
import { storedShares } from './allocation.js';
import { effectiveMoment, Instant, ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';

/**
 * The bank took a payment back. What it paid stands open again and what was left of it as credit is gone. A return can
 * come 60 days late (Nacha R07, R10, R11), so a closed account takes it too: the debt is reinstated.
 *
 * What it had paid of debt that was written off before is written off again, unless service was given back for it.
 *
 * The bank takes the whole payment, also what had been refunded of it. That part is out of the house twice and on no bill:
 * it becomes a claim on the payer in the books (Chargeback Receivable), and is not part of what the account owes. Refusing
 * the return would keep a fact out of the ledger; putting the claim on a bill would charge what was never billed.
 */
export const RecordReturn = defineCommand({
  type: 'RecordReturn',
  decider: account,
  schema: z.strictObject({
    paymentId: z.uuid('must be the payment’s id, a UUID'),
    /** The bank's own code: Nacha `R01`, ISO 20022 `AC04`. */
    returnCode: z
      .string()
      .regex(/^[A-Z0-9]{2,8}$/, 'must be the bank’s code such as "R01": 2 to 8 capitals and figures')
      .optional(),
    reason: ReasonCode,
    /** The payment over several accounts whose parts are all being returned. */
    partOf: z.uuid().optional(),
    effectiveAt: Instant.optional(),
  }),
  decide({ paymentId, returnCode, reason, partOf, effectiveAt }, state, context): AccountEvent[] {
    requireKnown(state);
    const payment = requirePayment(state, paymentId);
    if (payment.partOf !== partOf) {
      const message = 'the payment is a part of one over several accounts; record the return of the whole of it';
      refuse('PAYMENT_IS_PART', message, 'paymentId');
    }
    const when = effectiveMoment(effectiveAt, context);
    const returned: AccountEvent = {
      type: 'PaymentReturned',
      data: {
        paymentId,
        amount: { amount: formatMinor(payment.amount, state.digits), currency: state.currency },
        ...(returnCode !== undefined && { returnCode }),
        reason,
        released: storedShares(payment.allocations, state.digits),
        unappliedRemoved: formatMinor(payment.unapplied, state.digits),
        ...(payment.refunded > 0n && { alreadyRefunded: formatMinor(payment.refunded, state.digits) }),
        ...(partOf !== undefined && { partOf }),
        effectiveAt: when,
      },
    };
    const lost = { paymentId, writeOffId: context.commandId, effectiveAt: when };
    return [returned, ...recoveryLost(state, returned, lost)];
  },
});
