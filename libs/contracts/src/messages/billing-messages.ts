import { z } from 'zod';
import {
  about,
  Allocation,
  billNumber,
  Day,
  disputeId,
  lineId,
  Money,
  paymentId,
  reason,
  type Definition,
} from './shapes.js';

const SourcedAllocation = Allocation.extend({
  sourceId: z.uuid().describe('The payment or credit the money came from: its paymentId or creditId.'),
  sourceKind: z.enum(['payment', 'credit']),
}).meta({ title: 'SourcedAllocation', description: 'Money of one source on one line of one bill.' });
const Tax = z
  .object({ jurisdiction: z.string().describe('Who levies the tax, by the biller’s code.'), amount: Money })
  .meta({ title: 'Tax' });
const service = z.string().describe('What the revenue is for, by the biller’s code: `internet`, `phone`.');
const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']).describe('How the payment came in.');
const Method = z
  .object({
    kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
    token: z.string().optional().describe('Names the method at the payment provider; never a card or account number.'),
  })
  .meta({ title: 'Method' });
const OtherSide = z
  .object({
    transferId: z.uuid().describe('The transfer, the same on both accounts.'),
    accountId: z.uuid().describe('The other account.'),
  })
  .meta({ title: 'OtherSide', description: 'The other side of money that moved between two accounts.' });
const released = z.array(Allocation).describe('What the payment had paid and is open again.');
const unapplied = Money.describe('What no open bill took: kept on the account as credit.');

/** The messages of bills, and of the money on them. */
export const billingMessages = {
  'bill.issued': {
    version: 3,
    summary: 'A bill was issued. The total is the sum of its lines, each with its taxes.',
    when: 'When the biller issues the bill. Credit of the account that pays it follows as credit.applied.',
    schema: z.object({
      ...about,
      billNumber,
      issuedOn: Day.describe('The day the bill is dated, at the biller.'),
      dueOn: Day.describe('The last day on which paying is on time.'),
      period: z.object({ from: Day, to: Day }).optional().describe('The days the bill covers, both included.'),
      corrects: billNumber
        .optional()
        .describe('The bill it takes the place of, all of which the charge.reversed right before it have taken back.'),
      transferredFrom: OtherSide.extend({ billNumber })
        .optional()
        .describe('Of a debt that came over from another account: no new charge, and no revenue.'),
      total: Money.describe('What is asked for: the sum of the lines.'),
      lines: z.array(
        z.object({
          lineId,
          service,
          kind: z.enum(['recurring', 'one-time', 'usage']).describe('Why it is charged.'),
          description: z.string().describe('What is printed on the bill, in the biller’s words.'),
          net: Money.describe('After discounts, before taxes.'),
          taxes: z.array(Tax),
          total: Money.describe('Net and taxes: what can be paid, and reversed, on this line.'),
        }),
      ),
    }),
  },
  'payment.applied': {
    version: 2,
    summary: 'A payment was received and laid on bills; allocations and unapplied together are the amount.',
    when: 'When a payment is taken, in whichever channel.',
    schema: z.object({
      ...about,
      paymentId,
      confirmationNumber: z.string().describe('What the payer is given; ends in a check figure.'),
      amount: Money,
      channel: Channel,
      method: Method,
      allocations: z.array(Allocation),
      unapplied,
      partOf: z
        .object({ paymentId, amount: Money })
        .optional()
        .describe('The whole payment, when it is over several accounts: all its parts have one confirmation number.'),
    }),
  },
  'payment.failed': {
    version: 1,
    summary: 'An attempt to pay was declined; no money moved.',
    when: 'When the payment provider declines an attempt.',
    schema: z.object({
      ...about,
      attemptId: z.uuid().describe('The attempt; it never becomes a payment.'),
      amount: Money,
      channel: Channel,
      method: Method,
      declineCode: z.string().describe('Why, as the payment provider says it: `insufficient_funds`.'),
    }),
  },
  'payment.unapplied': {
    version: 1,
    summary: 'A payment was taken off its bills; the money stays on the account as credit.',
    when: 'When a payment is taken off the bills it had been laid on; it may be laid on others afterwards.',
    schema: z.object({
      ...about,
      paymentId,
      amount: Money,
      released,
      reason,
    }),
  },
  'payment.returned': {
    version: 2,
    summary: 'The bank took a payment back. What was released, removed and refunded already are together the amount.',
    when: 'When the bank reports the return, days or weeks after the payment.',
    schema: z.object({
      ...about,
      paymentId,
      amount: Money,
      returnCode: z.string().optional().describe('The bank’s code, such as `R01`, when there is one.'),
      reason,
      released,
      unappliedRemoved: Money.describe('Credit left of the payment, which is gone.'),
      alreadyRefunded: Money.optional().describe('What had been paid back to the payer before; nothing when left out.'),
      partOf: z
        .uuid()
        .optional()
        .describe(
          'The whole payment, when it was over several accounts: each part is returned by a message of its own.',
        ),
    }),
  },
  'payment.reinstated': {
    version: 1,
    summary: 'The bank gave back what it had taken: the payment counts again, laid on the bills as they are now.',
    when: 'When a chargeback is won, weeks or months after the payment was returned.',
    schema: z.object({
      ...about,
      paymentId,
      amount: Money,
      reason,
      allocations: z.array(Allocation),
      unapplied,
      claimSettled: Money.optional().describe('What had been paid back to the payer before; nothing when left out.'),
    }),
  },
  'payment.refunded': {
    version: 1,
    summary: 'Credit left of a payment was paid back to the payer.',
    when: 'When the refund is recorded.',
    schema: z.object({ ...about, paymentId, refundId: z.uuid().describe('The refund.'), amount: Money, reason }),
  },
  'payments.held': {
    version: 1,
    summary: 'Payments of the account are held; none is taken until the hold is released.',
    when: 'When a confirmed fraud case, a rule or a person holds payments.',
    schema: z.object({ ...about, holdId: z.uuid().describe('The hold, the same when it is released.'), reason }),
  },
  'payments.released': {
    version: 1,
    summary: 'A hold was released.',
    when: 'When the hold is lifted.',
    schema: z.object({ ...about, holdId: z.uuid().describe('The hold, the same when it is released.'), reason }),
  },
  'charge.reversed': {
    version: 2,
    summary: 'A charge was reversed in whole or in part; what had been paid on it is given back as credit.',
    when: 'When a charge turns out to be wrong, before or after it was paid.',
    schema: z.object({
      ...about,
      reversalId: z.uuid().describe('The reversal.'),
      billNumber,
      lineId,
      service,
      amount: Money,
      net: Money.describe('Net and taxes together are the amount.'),
      taxes: z.array(Tax),
      released: z.array(SourcedAllocation).describe('What had been paid on it, by source; it is credit now.'),
      disputes: z
        .array(
          z
            .object({ disputeId, amount: Money })
            .meta({ title: 'SettledDispute', description: 'What of a dispute is settled.' }),
        )
        .optional()
        .describe(
          'What of it was in dispute and is not any more; no dispute is touched when it is left out. A dispute stays open ' +
            'until dispute.resolved, also one in which nothing is left. Since version 2; version 1 did not tell.',
        ),
      reason,
    }),
  },
  'credit.transferred': {
    version: 1,
    summary: 'Credit of the account is credit of another account now.',
    when: 'When credit moves to a successor; there it arrives as credit.issued with transferredFrom.',
    schema: z.object({
      ...about,
      transferId: z.uuid().describe('The transfer, the same on both accounts.'),
      successorId: z.uuid().describe('The account that has the credit now.'),
      amount: Money,
      taken: z
        .array(
          z.object({
            sourceId: z.uuid().describe('The payment or credit the money came from: its paymentId or creditId.'),
            sourceKind: z.enum(['payment', 'credit']),
            amount: Money,
          }),
        )
        .describe('What was unapplied of each; together the amount.'),
      reason,
    }),
  },
  'credit.issued': {
    version: 2,
    summary: 'A credit was given and laid on bills; allocations and unapplied together are the amount.',
    when: 'When the biller grants a credit.',
    schema: z.object({
      ...about,
      creditId: z.uuid().describe('The credit, the same in every message about it.'),
      amount: Money,
      reason,
      allocations: z.array(Allocation),
      unapplied,
      transferredTo: OtherSide.optional().describe('The debt that it settles stands on that account now.'),
      transferredFrom: OtherSide.optional().describe('It was credit of that account.'),
    }),
  },
  'credit.applied': {
    version: 1,
    summary: 'Credit of the account paid bills.',
    when: 'When credit of the account is laid on open bills, of its own accord or by command.',
    schema: z.object({ ...about, amount: Money, allocations: z.array(SourcedAllocation) }),
  },
} as const satisfies Record<string, Definition>;
