import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/* Storage format: stored for ever, changed by additions or new versions only (ADR 0036). */

const Count = z.int().min(0);
const Money = z.strictObject({ amount: z.string(), currency: z.string().length(3) });
/** How often, and how much in each currency. */
const Counted = z.strictObject({ count: Count, totals: z.array(Money) });

/** What a run came to. An account is acted on, left alone or failed: the three are all accounts it looked at. */
export const CollectionsReport = z.strictObject({
  accounts: Count,
  actedOn: Count,
  lateFees: Counted,
  /** Dunning steps by the policy's name for them. */
  steps: z.array(z.strictObject({ step: z.string(), count: Count })),
  suspended: Count,
  restored: Count,
  writtenOff: Counted,
  failed: Count,
  /** The first of those that failed. */
  failures: z.array(z.strictObject({ accountId: z.uuid(), code: z.string(), reason: z.string() })),
});
export type CollectionsReport = z.output<typeof CollectionsReport>;

export const collectionsRunEvents = eventRegistry({
  CollectionsRunStarted: {
    version: 1,
    schema: z.strictObject({
      /** The day on which days past due are reckoned. */
      date: z.iso.date(),
      /** The version of the collection policy. */
      policy: z.string(),
      effectiveAt: z.iso.datetime(),
    }),
  },
  CollectionsRunFinished: {
    version: 1,
    schema: z.strictObject({ report: CollectionsReport, effectiveAt: z.iso.datetime() }),
  },
});

export type CollectionsRunEvent = EventOf<typeof collectionsRunEvents>;
