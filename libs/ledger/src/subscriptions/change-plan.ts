import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Day, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { planOn, requireRunning, requireSubscription, subscription } from './subscription.js';

/** Moves a subscription to another plan from a day on (CS4); the cycle of that day is billed by the day under either plan. */
export const ChangePlan = defineCommand({
  type: 'ChangePlan',
  decider: subscription,
  schema: z.strictObject({ subscriptionId: Identifier, plan: Identifier, on: Day, catalogue: Identifier }),
  decide({ subscriptionId, plan, on, catalogue }, state): SubscriptionEvent[] {
    const changing = requireSubscription(state, subscriptionId);
    requireRunning(changing, on, 'on');
    if (planOn(changing, on) === plan) {
      refuse('PLAN_UNCHANGED', 'the subscription is on this plan on that day; name another plan or day', 'plan');
    }
    return [{ type: 'PlanChanged', data: { subscriptionId, plan, on, catalogue, effectiveAt: startOf(on) } }];
  },
});
