import { z } from 'zod';
import { Amount, Day, Instant, Money } from '../billing/stored-shapes.js';

/* Storage format of when debt is to be paid instead: part of the account's stream, as account-events.ts. */

export const arrangementEvents = {
  /** When what is open on bills is to be paid: in instalments, or in one as a promise. */
  ArrangementAgreed: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** What the bills come to, and the instalments. */
      amount: Money,
      /** What was open on each; nothing of it in dispute. */
      bills: z.array(z.strictObject({ billNumber: z.string(), amount: Amount })).min(1),
      instalments: z.array(z.strictObject({ dueOn: Day, amount: Amount })).min(1),
      /** After the day of an instalment before it counts as missed. */
      graceDays: z.int().min(0),
      arrangementPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  InstalmentKept: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** From 1 on. */
      number: z.int().min(1),
      dueOn: Day,
      /** On the bills since the agreement, all together. */
      paid: Money,
      effectiveAt: Instant,
    }),
  },
  ArrangementBroken: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** The instalment that was missed, its day, and what was missing of all up to it. */
      number: z.int().min(1),
      dueOn: Day,
      missing: Money,
      effectiveAt: Instant,
    }),
  },
  ArrangementCompleted: {
    version: 1,
    schema: z.strictObject({ arrangementId: z.uuid(), effectiveAt: Instant }),
  },
  ArrangementCancelled: {
    version: 1,
    schema: z.strictObject({ arrangementId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
} as const;
