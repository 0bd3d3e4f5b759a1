import { z } from 'zod';
import { about, reason, type Definition } from './shapes.js';

/** The messages of an account as such, and of its numbers. */
export const accountMessages = {
  'account.opened': {
    version: 1,
    summary: 'A billing account was opened under its pay bill number.',
    when: 'The first message of every account.',
    schema: z.object({
      ...about,
      currency: z.string().length(3).describe('ISO 4217: the one currency of the account, for all its life.'),
      customerReference: z.string().optional().describe('The biller’s own key for the customer; opaque, never a name.'),
      payBillNumberEnding: z
        .string()
        .length(4)
        .describe('The last four figures of the pay bill number; the whole number is never published.'),
    }),
  },
  'account.pay-bill-number-changed': {
    version: 1,
    summary: 'The bills of the account print another pay bill number; the one before goes on resolving.',
    when: 'When an account gets another number.',
    schema: z.object({
      ...about,
      payBillNumberEnding: z.string().length(4).describe('The last four figures of what bills print from now on.'),
      formerEnding: z.string().length(4).describe('The last four figures of what they printed before.'),
      because: z
        .enum(['new-number', 'consolidated', 'separated'])
        .describe('One more number of its own; or one that it shares with other accounts, or no longer does.'),
      reason,
    }),
  },
  'account.closed': {
    version: 1,
    summary: 'The account was closed; it neither owed nor was owed anything.',
    when: 'When the account is closed, after what ends with it. A returned payment and what settles it may still follow.',
    schema: z.object({ ...about, reason }),
  },
  'account.transferred': {
    version: 1,
    summary: 'The account was closed and another answers for it; its pay bill numbers lead there.',
    when: 'When an account is merged into another or taken over by another customer, after its debt and credit have left it.',
    schema: z.object({
      ...about,
      transferId: z.uuid().describe('The transfer, the same on both accounts.'),
      successorId: z.uuid().describe('The account that answers for this one from now on.'),
      kind: z.enum(['merger', 'transfer']).describe('Two accounts of one customer, or another customer.'),
      reason,
    }),
  },
} as const satisfies Record<string, Definition>;
