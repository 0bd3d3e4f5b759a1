import { z } from 'zod';
import { about, Allocation, billNumber, Day, disputeId, lineId, Money, reason, type Definition } from './shapes.js';

const arrangementId = z.uuid().describe('The arrangement, the same in every message about it.');
const instalmentNumber = z.int().describe('Which instalment, from 1 on.');
const adjustmentId = z.uuid().describe('The adjustment, the same in every message about it.');

/** The messages of disputes, adjustments and payment arrangements. */
export const customerServiceMessages = {
  'dispute.opened': {
    version: 1,
    summary: 'The customer disputes a bill, a charge or a payment. No money moves.',
    when: 'When the objection is recorded. What is in dispute is not past due and is not dunned for.',
    schema: z.object({
      ...about,
      disputeId,
      subject: z
        .object({
          kind: z.enum(['bill', 'charge', 'payment']),
          billNumber: billNumber.optional(),
          lineId: lineId.optional(),
          paymentId: z.uuid().optional().describe('The payment, when one is disputed.'),
        })
        .meta({ title: 'DisputeSubject', description: 'What is disputed.' }),
      amount: Money,
      shares: z
        .array(Allocation)
        .describe(
          'Where on bills it is disputed; they are together the amount, and none when a payment is disputed. A later ' +
            'charge.reversed takes along what is then more than is left of the line, and says so in its disputes.',
        ),
      reason,
    }),
  },
  'dispute.resolved': {
    version: 1,
    summary: 'A dispute was decided, for the customer in whole or in part, or for the company.',
    when: 'When the decision is recorded, right after the charge.reversed or payment.unapplied that it led to.',
    schema: z.object({
      ...about,
      disputeId,
      outcome: z.enum(['customer', 'company']).describe('Who was right; `customer` also for a part.'),
      granted: Money.describe('What the customer was right about; zero for the company.'),
      released: z.array(Allocation).describe('What was in dispute until now and is due again.'),
      payableBy: Day.optional().describe('The last day on which that can be paid before it is dunned for.'),
      reason,
    }),
  },
  'adjustment.proposed': {
    version: 1,
    summary: 'Somebody proposes to take an amount off the account in the customer’s favor. No money moves yet.',
    when: 'When it is proposed. adjustment.approved follows at once when it is within the limit of the proposer’s role.',
    schema: z.object({
      ...about,
      adjustmentId,
      kind: z.enum(['credit', 'charge-reversal', 'dispute']).describe('How it is to be posted.'),
      billNumber: billNumber.optional(),
      lineId: lineId.optional(),
      disputeId: z.uuid().optional().describe('The dispute that is to be granted.'),
      amount: Money,
      reason,
    }),
  },
  'adjustment.approved': {
    version: 1,
    summary: 'An adjustment was approved; the messages of what it posts follow right after.',
    when: 'When a second person approves, or at once where none is needed.',
    schema: z.object({
      ...about,
      adjustmentId,
      approval: z
        .enum(['within-limit', 'second-person'])
        .describe('Whether the proposer’s role could do it alone, or somebody else has looked at it.'),
    }),
  },
  'adjustment.refused': {
    version: 1,
    summary: 'A proposed adjustment was refused; nothing was posted.',
    when: 'When somebody decides against it, or it is withdrawn.',
    schema: z.object({ ...about, adjustmentId, reason }),
  },
  'arrangement.agreed': {
    version: 1,
    summary:
      'When what is open on bills is to be paid was agreed with the customer: in instalments, or in one as a promise.',
    when: 'When it is agreed on. As long as it is neither broken nor cancelled, the bills are not dunned for.',
    schema: z.object({
      ...about,
      arrangementId,
      amount: Money.describe('What the bills come to, and the instalments.'),
      bills: z.array(z.object({ billNumber, amount: Money }).meta({ title: 'ArrangedBill' })),
      instalments: z.array(z.object({ dueOn: Day, amount: Money }).meta({ title: 'Instalment' })),
      graceDays: z.int().describe('After the day of an instalment before it counts as missed.'),
    }),
  },
  'instalment.kept': {
    version: 1,
    summary: 'What was paid on the bills of an arrangement comes to all instalments up to this one.',
    when: 'When the arrangement is looked at, once a day: at or before the end of the grace of the instalment.',
    schema: z.object({
      ...about,
      arrangementId,
      number: instalmentNumber,
      dueOn: Day,
      paid: Money.describe('On the bills since the agreement, all together.'),
    }),
  },
  'arrangement.broken': {
    version: 1,
    summary: 'An instalment was missed, or a payment that had kept it came back: the bills are due as ever.',
    when: 'When the arrangement is looked at after the grace of the instalment.',
    schema: z.object({
      ...about,
      arrangementId,
      number: instalmentNumber,
      dueOn: Day,
      missing: Money.describe('What is missing of all instalments up to this one.'),
    }),
  },
  'arrangement.completed': {
    version: 1,
    summary: 'All that was arranged is paid.',
    when: 'When the arrangement is looked at, once a day, or the account is closed.',
    schema: z.object({ ...about, arrangementId }),
  },
  'arrangement.cancelled': {
    version: 1,
    summary: 'An arrangement ended before it was broken or completed: the bills are due as ever.',
    when: 'When it is cancelled, as before another is agreed on.',
    schema: z.object({ ...about, arrangementId, reason }),
  },
} as const satisfies Record<string, Definition>;
