import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/*
 * Storage format: stored for ever, changed by additions or new versions only (ADR 0029). Codes are those of the version of the
 * catalogue that the event names. Days are days of the calendar, without a time zone.
 */

const Day = z.iso.date();
const Instant = z.iso.datetime();
/** An exact decimal. */
const Quantity = z.string().regex(/^\d+(\.\d+)?$/);

export const subscriptionEvents = eventRegistry({
  SubscriptionStarted: {
    version: 1,
    schema: z.strictObject({
      subscriptionId: z.string(),
      plan: z.string(),
      startsOn: Day,
      /** Where service is used, for taxes. */
      taxArea: z.string(),
      discounts: z.array(z.string()),
      /** The day of the month, 1 to 28, on which the account is billed; the same in all of its subscriptions. */
      cycleDay: z.int(),
      catalogue: z.string(),
      effectiveAt: Instant,
    }),
  },
  PlanChanged: {
    version: 1,
    schema: z.strictObject({
      subscriptionId: z.string(),
      plan: z.string(),
      /** The first day of the new plan. */
      on: Day,
      catalogue: z.string(),
      effectiveAt: Instant,
    }),
  },
  SubscriptionStopped: {
    version: 1,
    schema: z.strictObject({
      subscriptionId: z.string(),
      /** The first day that is not charged any more. */
      on: Day,
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  OneTimeChargeAdded: {
    version: 1,
    schema: z.strictObject({
      chargeId: z.uuid(),
      subscriptionId: z.string(),
      charge: z.string(),
      quantity: Quantity,
      on: Day,
      catalogue: z.string(),
      effectiveAt: Instant,
    }),
  },
  UsageRecorded: {
    version: 1,
    schema: z.strictObject({
      /** Of whoever measured it: the same usage sent again has the same id. */
      usageId: z.string(),
      subscriptionId: z.string(),
      meter: z.string(),
      quantity: Quantity,
      usedOn: Day,
      effectiveAt: Instant,
    }),
  },
});

export type SubscriptionEvent = EventOf<typeof subscriptionEvents>;
