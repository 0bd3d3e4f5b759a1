import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Day, Identifier, ReasonCode, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { requireSubscription, subscription } from './subscription.js';

/** Ends a subscription; the day it stops is the first that is not charged. What ran before is on the next bill. */
export const StopSubscription = defineCommand({
  type: 'StopSubscription',
  decider: subscription,
  schema: z.strictObject({ subscriptionId: Identifier, on: Day, reason: ReasonCode }),
  decide({ subscriptionId, on, reason }, state): SubscriptionEvent[] {
    const { plans, stopsOn } = requireSubscription(state, subscriptionId);
    if (stopsOn !== undefined) {
      refuse('SUBSCRIPTION_STOPPED', `the subscription stops on ${stopsOn} already; start a new one`, 'subscriptionId');
    }
    if (on < plans[0]!.from) {
      refuse('STOPS_BEFORE_START', `the subscription starts on ${plans[0]!.from}; stop it on that day or later`, 'on');
    }
    return [{ type: 'SubscriptionStopped', data: { subscriptionId, on, reason, effectiveAt: startOf(on) } }];
  },
});
