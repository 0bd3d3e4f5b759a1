import { z } from 'zod';
import { about, Allocation, billNumber, Day, lineId, Money, reason, type Definition } from './shapes.js';

/** The messages of what is done about bills that are not paid in time. */
export const collectionsMessages = {
  'late-fee.assessed': {
    version: 1,
    summary: 'A bill was not paid in time: a late fee was added to it as a further line.',
    when: 'Once in the life of a bill at most, some days after it fell due. A fee that is waived is a charge.reversed.',
    schema: z.object({
      ...about,
      billNumber,
      lineId: lineId.describe('The line that the bill has from now on.'),
      amount: Money,
      overdue: Money.describe('What the fee was reckoned on: what was overdue of the bill.'),
      policy: z.string().describe('The version of the collection policy, by the biller’s name for it.'),
    }),
  },
  'dunning.step-taken': {
    version: 1,
    summary: 'Bills are past due, and the next step of the collection policy was taken.',
    when: 'By the days that the oldest unpaid bill is past due; each step once for a bill, and one a day at most.',
    schema: z.object({
      ...about,
      step: z.string().describe('The step, by the policy’s name for it.'),
      kind: z
        .enum(['notice', 'final-notice', 'suspension', 'write-off'])
        .describe('What the step is: only told, told for the last time before service is suspended, or done.'),
      billNumber: billNumber.describe('The bill that is longest past due.'),
      dueOn: Day.describe('The day on which that bill was due.'),
      amount: Money.describe('All that is past due of the account, without what is out of collections.'),
      suspendsFrom: Day.optional().describe('With a final notice: the first day on which service may be suspended.'),
      policy: z.string().describe('The version of the collection policy, by the biller’s name for it.'),
    }),
  },
  'service.suspended': {
    version: 1,
    summary: 'Service of the account is suspended.',
    when: 'When bills have stayed unpaid after the final notice, or a person decides it.',
    schema: z.object({
      ...about,
      reason,
      amount: Money.optional().describe('What was past due; left out where a person decided for another reason.'),
      policy: z.string().optional().describe('The version of the collection policy; left out where a person decided.'),
    }),
  },
  'service.restored': {
    version: 1,
    summary: 'Service of the account is restored.',
    when: 'When nothing that is asked for now is past due any more, or a person decides it.',
    schema: z.object({
      ...about,
      reason,
      policy: z.string().optional().describe('The version of the collection policy; left out where a person decided.'),
    }),
  },
  'debt.written-off': {
    version: 2,
    summary: 'Debt was written off: it is on the books no more, and still owed.',
    when: 'When bills have stayed unpaid for as long as the collection policy says, a person decides it, or a payment is returned that had come for debt which was written off before, and for which service was not given back.',
    schema: z.object({
      ...about,
      writeOffId: z.uuid().describe('The write-off.'),
      amount: Money.describe('The sum of the lines.'),
      lines: z.array(Allocation).describe('What of which line is not expected to be paid any more.'),
      reason,
      policy: z.string().optional().describe('The version of the collection policy; left out where no policy decided.'),
      paymentId: z
        .uuid()
        .optional()
        .describe('The returned payment that had come for it, told right before; left out where there was none.'),
    }),
  },
  'debt.reinstated': {
    version: 1,
    summary: 'Debt that had been written off is on the books again, open on its bills.',
    when: 'When money comes for it, which the payment.applied that follows lays on it; or when it should not have been written off.',
    schema: z.object({
      ...about,
      amount: Money.describe('The sum of the lines.'),
      lines: z.array(Allocation),
      reason,
      paymentId: z.uuid().optional().describe('The payment that came for it; left out where none did.'),
    }),
  },
} as const satisfies Record<string, Definition>;
