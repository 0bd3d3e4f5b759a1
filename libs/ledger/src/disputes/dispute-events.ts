import { z } from 'zod';
import { Allocation, Day, Instant, Money } from '../billing/stored-shapes.js';

/* Storage format of what customers object to: part of the account's stream, as account-events.ts. */

export const disputeEvents = {
  /** The customer objects to a bill, a charge of it or a payment. Moves no money: it says how much is not to be dunned for. */
  DisputeOpened: {
    version: 1,
    schema: z.strictObject({
      disputeId: z.uuid(),
      subject: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('bill'), billNumber: z.string() }),
        z.strictObject({ kind: z.literal('charge'), billNumber: z.string(), lineId: z.string() }),
        z.strictObject({ kind: z.literal('payment'), paymentId: z.uuid() }),
      ]),
      amount: Money,
      /** Where on bills the amount is disputed; they come to it. None when a payment is disputed. */
      shares: z.array(Allocation),
      reason: z.string(),
      disputePolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  DisputeResolved: {
    version: 1,
    schema: z.strictObject({
      disputeId: z.uuid(),
      outcome: z.enum(['customer', 'company']),
      /** What the customer was right about: reversed, or of a payment taken off its bills, right before this event. */
      granted: Money,
      /** What of bills was in dispute until now, after those reversals, and is not any more. */
      released: z.array(Allocation),
      /** The last day on which what was released may be paid before it is dunned for. */
      payableBy: Day.optional(),
      reason: z.string(),
      disputePolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
} as const;
