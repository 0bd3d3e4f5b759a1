import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';
import { Count, FAILURES, Money } from '../runs-of-accounts/run-report.js';

/* Storage format: stored for ever, changed by additions or new versions only (ADR 0029). */

/** What a run came to. An account is billed, skipped or failed: the three are all accounts of the cycle. */
export const BillingReport = z.strictObject({
  accounts: Count,
  billed: Count,
  /** What was billed, in each currency. */
  totals: z.array(Money),
  /** What was given back of charges in advance, in each currency. */
  givenBack: z.array(Money).optional(),
  /** Why accounts were skipped, by code: they had nothing to be billed. */
  skipped: z.array(z.strictObject({ code: z.string(), accounts: Count })),
  ...FAILURES,
  /** Accounts with changes recorded late of days that were billed before: to be corrected. The first of them. */
  toCorrect: z.array(z.uuid()),
});
export type BillingReport = z.output<typeof BillingReport>;

export const billingRunEvents = eventRegistry({
  BillingRunStarted: {
    version: 1,
    schema: z.strictObject({
      /** The day the bills are issued. */
      date: z.iso.date(),
      /** Accounts that are billed on this day of the month. */
      cycle: z.int(),
      catalogue: z.string(),
      effectiveAt: z.iso.datetime(),
    }),
  },
  BillingRunFinished: {
    version: 1,
    schema: z.strictObject({ report: BillingReport, effectiveAt: z.iso.datetime() }),
  },
});

export type BillingRunEvent = EventOf<typeof billingRunEvents>;
