import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireKnown } from './account-state.js';
import { effectiveMoment, Instant } from './command-fields.js';
import { Channel, Method, readPaid, refuseCardNumber } from './payment-fields.js';

/**
 * An attempt to pay was declined. No money moves; it is kept because many failing attempts are how stolen cards are tried
 * out (SE3). An account that is closed or held can be tried on like any other.
 */
export const RecordFailedPayment = defineCommand({
  type: 'RecordFailedPayment',
  decider: account,
  schema: z.strictObject({
    /** The payment provider's own; the command's when it is left out. */
    attemptId: z.uuid('must be the attempt’s id, a UUID').toLowerCase().optional(),
    amount: MoneyInput,
    channel: Channel,
    method: Method,
    declineCode: z
      .string('must be the provider’s code such as "insufficient_funds"')
      .regex(/^[a-z0-9]+([_-][a-z0-9]+)*$/, 'must be the provider’s code such as "insufficient_funds"')
      .max(64, 'must have at most 64 characters'),
    effectiveAt: Instant.optional(),
  }),
  decide(body, state, context): AccountEvent[] {
    refuseCardNumber(body.method);
    requireKnown(state);
    const amount = readPaid(body.amount, state);
    return [
      {
        type: 'PaymentFailed',
        data: {
          attemptId: body.attemptId ?? context.commandId,
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          channel: body.channel,
          method: body.method,
          declineCode: body.declineCode,
          effectiveAt: effectiveMoment(body.effectiveAt, context),
        },
      },
    ];
  },
});
