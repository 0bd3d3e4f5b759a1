import { z } from 'zod';
import { about, billNumber, Day, Instant, Money, paymentId, reason, type Definition } from './shapes.js';

const enrollmentId = z.uuid().describe('The authorization, the same in every message about it.');
const debitId = z.string().describe('The debit, unique within the account.');
const DebitedBill = z
  .object({ billNumber, amount: Money })
  .meta({ title: 'DebitedBill', description: 'What of a debit is for which bill.' });
const debited = {
  debitId,
  amount: Money.describe('The sum over the bills.'),
  bills: z.array(DebitedBill),
};
const AutopayMethod = z
  .object({
    kind: z.enum(['card', 'bank-account']),
    lastFour: z.string().optional().describe('The last four figures of card or account.'),
    expires: z.string().optional().describe('The last month a card is good for: `2027-03`.'),
  })
  .meta({ title: 'AutopayMethod', description: 'What is debited, as its customer knows it.' });
const returnOrDecline = z.string().describe('The code of the bank (`R01`), the gateway, or the rule behind it.');

/** The messages of autopay. */
export const autopayMessages = {
  'autopay.enrolled': {
    version: 1,
    summary: 'The customer has authorized the biller to debit bills as they fall due.',
    when: 'When the authorization is taken down. With a new method or new terms it is another one, which replaces the one before.',
    schema: z.object({
      ...about,
      enrollmentId,
      method: AutopayMethod,
      daysBeforeDue: z.int().min(0).describe('Bills are debited so many days before they fall due.'),
      agreedAt: Instant.describe('When the customer agreed.'),
      wording: z.string().describe('The version of the wording they agreed to.'),
      replaces: z.uuid().optional().describe('The authorization that this one takes the place of.'),
    }),
  },
  'autopay.cancelled': {
    version: 1,
    summary: 'The customer has taken the authorization back.',
    when: 'When they say so. A debit that was announced for the next three business days may still follow.',
    schema: z.object({ ...about, enrollmentId, reason }),
  },
  'autopay.stopped': {
    version: 1,
    summary: 'Autopay has ended by a rule; a new authorization is needed.',
    when: 'When a debit came back with a code that ends it: bank account closed, authorization revoked; or with the account itself.',
    schema: z.object({ ...about, enrollmentId, code: returnOrDecline }),
  },
  'autopay.suspended': {
    version: 1,
    summary: 'Autopay pauses by a rule; nothing is debited until it is resumed.',
    when: 'When a debit came back with a code that wants the customer to be asked, or when the card has expired.',
    schema: z.object({ ...about, enrollmentId, code: returnOrDecline }),
  },
  'autopay.resumed': {
    version: 1,
    summary: 'Autopay goes on after a pause.',
    when: 'When a person resumes it.',
    schema: z.object({ ...about, enrollmentId, reason }),
  },
  'autopay.card-expiring': {
    version: 1,
    summary: 'The card that bills are debited from expires soon.',
    when: 'Some weeks ahead, and once more shortly before.',
    schema: z.object({
      ...about,
      enrollmentId,
      expires: z.string().describe('The last month it is good for: `2027-03`.'),
      lastFour: z.string().optional().describe('The last four figures of the card.'),
    }),
  },
  'autopay.debit-announced': {
    version: 1,
    summary: 'Bills will be debited on a day: this much, or less when something is paid before.',
    when: 'After the bills are issued; ten days ahead at least where notice is required.',
    schema: z.object({
      ...about,
      ...debited,
      enrollmentId,
      payOn: Day.describe('The day it will be debited.'),
      method: AutopayMethod,
      noticeRequired: z.boolean().describe('Whether the customer has to be told in advance (12 CFR 1005.10(d)).'),
      noticeBecause: z.string().describe('Why, or why not, as a code: `amount-varies`.'),
    }),
  },
  'autopay.debit-presented': {
    version: 1,
    summary: 'Bills are being debited. What comes of it is told as payment.applied or payment.failed.',
    when: 'On the day that was announced, and on the day of each further presentment.',
    schema: z.object({
      ...about,
      ...debited,
      enrollmentId,
      paymentId: paymentId.describe('The payment that is collected; the attempt, if it fails.'),
      presentment: z.int().min(1).describe('1 is the original.'),
    }),
  },
  'autopay.debit-rescheduled': {
    version: 1,
    summary: 'A debit came back and will be presented again, for the same amount.',
    when: 'After a return or decline that may be tried again.',
    schema: z.object({
      ...about,
      ...debited,
      code: returnOrDecline,
      payOn: Day.describe('The day it is presented again.'),
    }),
  },
  'autopay.debit-dropped': {
    version: 1,
    summary: 'A debit that was announced is not made, or not again. What is open of its bills stays to be paid.',
    when: 'When nothing is open any more, the customer stopped it, autopay ended, or it came back too often.',
    schema: z.object({ ...about, ...debited, reason, code: returnOrDecline.optional() }),
  },
} as const satisfies Record<string, Definition>;
