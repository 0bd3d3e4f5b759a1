import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Day, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { LAST_CYCLE_DAY } from '../billing-run/cycle.js';
import { mixUuid } from '../pay-bill-numbers/uuid-mixing.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { subscription } from './subscription.js';

/**
 * Begins a subscription of an account to a plan. The first one decides on which day of the month the account is billed: the
 * day that is named, else one that follows from the account's id, so that bills are spread evenly over the month.
 */
export const StartSubscription = defineCommand({
  type: 'StartSubscription',
  decider: subscription,
  schema: z.strictObject({
    subscriptionId: Identifier,
    plan: Identifier,
    startsOn: Day,
    taxArea: Identifier,
    discounts: z.array(Identifier).max(5, 'has at most 5 discounts').default([]),
    cycleDay: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(LAST_CYCLE_DAY, 'must be at most 28: every month has that day')
      .optional(),
    /** The version of the catalogue that offers all of this. */
    catalogue: Identifier,
  }),
  decide({ cycleDay: asked, ...body }, state, context): SubscriptionEvent[] {
    if (state.subscriptions.get(body.subscriptionId)) {
      refuse('SUBSCRIPTION_EXISTS', 'the account has a subscription with this id; take a new id', 'subscriptionId');
    }
    if (state.cycleDay !== 0 && asked !== undefined && asked !== state.cycleDay) {
      refuse('CYCLE_DAY_DIFFERS', `the account is billed on day ${state.cycleDay}; leave cycleDay out`, 'cycleDay');
    }
    const cycleDay = state.cycleDay || (asked ?? spreadDay(context.id));
    return [{ type: 'SubscriptionStarted', data: { ...body, cycleDay, effectiveAt: startOf(body.startsOn) } }];
  },
});

/** The cycle day of an account that has asked for none. */
function spreadDay(accountId: string): number {
  const [mixed] = mixUuid(accountId, 0x43_59);
  return (mixed % LAST_CYCLE_DAY) + 1;
}
