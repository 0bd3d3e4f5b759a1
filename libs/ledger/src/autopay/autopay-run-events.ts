import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/* Storage format: stored for ever, changed by additions or new versions only (ADR 0035). */

const Count = z.int().min(0);
const Money = z.strictObject({ amount: z.string(), currency: z.string().length(3) });

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
  failed: Count,
  /** The first of the accounts that failed. */
  failures: z.array(z.strictObject({ accountId: z.uuid(), code: z.string(), reason: z.string() })),
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

export type AutopayRunEvent = EventOf<typeof autopayRunEvents>;
