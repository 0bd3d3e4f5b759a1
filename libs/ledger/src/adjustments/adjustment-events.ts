import { z } from 'zod';
import { Instant, Money } from '../billing/stored-shapes.js';

/* Storage format of what is to be taken off an account: part of the account's stream, as account-events.ts. */

/** Who somebody is to the biller. */
const Role = z.enum(['agent', 'finance', 'operations', 'fraud-analyst', 'customer', 'service']);

export const adjustmentEvents = {
  /** Somebody would take an amount off the account; what it comes to follows as events of its own once it is approved. */
  AdjustmentProposed: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      proposed: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('credit') }),
        z.strictObject({ kind: z.literal('charge-reversal'), billNumber: z.string(), lineId: z.string() }),
        z.strictObject({ kind: z.literal('dispute'), disputeId: z.uuid() }),
      ]),
      amount: Money,
      reason: z.string(),
      proposedBy: z.string(),
      role: Role,
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  AdjustmentApproved: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      /** `within-limit`: the proposer's role may do it alone, and nobody else has looked at it. */
      approval: z.enum(['within-limit', 'second-person']),
      approvedBy: z.string().optional(),
      role: Role.optional(),
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  AdjustmentRefused: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      reason: z.string(),
      refusedBy: z.string(),
      role: Role,
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
} as const;
