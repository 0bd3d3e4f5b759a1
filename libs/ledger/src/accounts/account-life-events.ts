import { z } from 'zod';
import { Instant } from '../billing/stored-shapes.js';

/* Storage format of the beginning and the end of an account, and of its numbers: part of the account's stream, as account-events.ts. */

export const accountLifeEvents = {
  AccountOpened: {
    version: 1,
    schema: z.strictObject({
      accountId: z.uuid(),
      payBillNumber: z.string(),
      currency: z.string().length(3),
      /** The biller's own key for the customer; opaque, never a name. */
      customerReference: z.string().optional(),
      effectiveAt: Instant,
    }),
  },
  PayBillNumberChanged: {
    version: 1,
    schema: z.strictObject({
      /** What the account's bills print from now on. */
      payBillNumber: z.string(),
      /** What they printed before. It goes on resolving as it did. */
      former: z.string(),
      /** One more number of its own; the number of a consolidation it joined; its own again after it left one. */
      because: z.enum(['new-number', 'consolidated', 'separated']),
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** The account is closed, and another answers for it: its pay bill numbers lead there from now on. */
  AccountTransferred: {
    version: 1,
    schema: z.strictObject({
      transferId: z.uuid(),
      successorId: z.uuid(),
      /** A merger of two accounts of one customer, or a transfer to another customer. */
      kind: z.enum(['merger', 'transfer']),
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  AccountClosed: {
    version: 1,
    schema: z.strictObject({
      reason: z.string(),
      /** What its subscriptions had not been billed for by then is not asked for. */
      unbilled: z.literal('forgone').optional(),
      effectiveAt: Instant,
    }),
  },
} as const;
