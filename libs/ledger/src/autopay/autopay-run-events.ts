import { z } from 'zod';
import { eventRegistry } from '#libs/event-sourcing';
import { Count, FAILURES, Money } from '../runs-of-accounts/run-report.js';

/* Storage format: stored for ever, changed by additions or new versions only (ADR 0035). */

/** What a run came to, over all accounts with autopay. */
export const AutopayReport = z.strictObject({
  accounts: Count,
  announced: Count,
  presented: Count,
  /** What was presented, in each currency. */
  totals: z.array(Money),
  /** Debits that came back and will be presented again. */
  rescheduled: Count,
  /** Why debits are not made, or not again, by reason. */
  dropped: z.array(z.strictObject({ reason: z.string(), debits: Count })),
  suspended: Count,
  stopped: Count,
  cardsExpiring: Count,
  ...FAILURES,
});
export type AutopayReport = z.output<typeof AutopayReport>;

export const autopayRunEvents = eventRegistry({
  AutopayRunStarted: {
    version: 1,
    schema: z.strictObject({ date: z.iso.date(), policy: z.string(), effectiveAt: z.iso.datetime() }),
  },
  AutopayRunFinished: {
    version: 1,
    schema: z.strictObject({ report: AutopayReport, effectiveAt: z.iso.datetime() }),
  },
});
