import { z } from 'zod';
import { eventRegistry } from '#libs/event-sourcing';
import { Count, FAILURES, Money } from '../runs-of-accounts/run-report.js';

/* Storage format: stored for ever, changed by additions or new versions only (ADR 0036). */

/** How often, and how much in each currency. */
const Counted = z.strictObject({ count: Count, totals: z.array(Money) });

/** What a run came to. An account is acted on, left alone, left to the next run or failed: the four are all it looked at. */
export const CollectionsReport = z.strictObject({
  accounts: Count,
  actedOn: Count,
  lateFees: Counted,
  /** Dunning steps by the policy's name for them. */
  steps: z.array(z.strictObject({ step: z.string(), count: Count })),
  suspended: Count,
  restored: Count,
  writtenOff: Counted,
  /** Accounts that it had not come to when its day was over, and on which something was to be done. */
  left: Count.optional(),
  ...FAILURES,
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
