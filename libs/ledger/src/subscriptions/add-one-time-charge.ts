import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Day, ExactDecimal, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { quantityOf } from '../catalogue/catalogue.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { requireSubscription, subscription } from './subscription.js';

/** Adds a charge that is billed once, on the first bill whose period has its day in it or behind it. */
export const AddOneTimeCharge = defineCommand({
  type: 'AddOneTimeCharge',
  decider: subscription,
  schema: z.strictObject({
    subscriptionId: Identifier,
    /** What is charged, by its code in the catalogue. */
    charge: Identifier,
    quantity: ExactDecimal.default('1'),
    on: Day,
    catalogue: Identifier,
  }),
  decide({ subscriptionId, charge, quantity, on, catalogue }, state, context): SubscriptionEvent[] {
    requireSubscription(state, subscriptionId);
    if (quantityOf(quantity) === 0n) {
      refuse('QUANTITY_NOT_POSITIVE', 'the quantity must be more than zero', 'quantity');
    }
    const chargeId = context.commandId;
    const data = { chargeId, subscriptionId, charge, quantity, on, catalogue, effectiveAt: startOf(on) };
    return [{ type: 'OneTimeChargeAdded', data }];
  },
});
