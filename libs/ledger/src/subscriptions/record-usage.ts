import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Day, ExactDecimal, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { quantityOf } from '../catalogue/catalogue.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { requireRunning, requireSubscription, subscription } from './subscription.js';

/**
 * Records what was used of a meter. The id of the command is made from the usage's id, so the same usage is recorded once
 * however often it is sent, and another quantity under the same id is refused.
 */
export const RecordUsage = defineCommand({
  type: 'RecordUsage',
  decider: subscription,
  schema: z.strictObject({
    usageId: Identifier,
    subscriptionId: Identifier,
    meter: Identifier,
    quantity: ExactDecimal,
    usedOn: Day,
  }),
  decide(usage, state): SubscriptionEvent[] {
    requireRunning(requireSubscription(state, usage.subscriptionId), usage.usedOn, 'usedOn');
    if (quantityOf(usage.quantity) === 0n) {
      refuse('QUANTITY_NOT_POSITIVE', 'the quantity must be more than zero', 'quantity');
    }
    return [{ type: 'UsageRecorded', data: { ...usage, effectiveAt: startOf(usage.usedOn) } }];
  },
});
