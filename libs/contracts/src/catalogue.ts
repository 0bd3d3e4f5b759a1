import { z } from 'zod';
import { type PublicMessage } from './message.js';

/*
 * The public messages. Others build on these shapes: a change is an added property with a higher version, or a new type;
 * docs/adr/0016 says which changes are safe, and `paybill contracts check` refuses the others. Readers ignore properties
 * they do not know. No personal data in the clear, no card number, no whole pay bill number.
 *
 * A property that is added must be `.optional()`, or have a `.default()` when all new messages will have it: messages of
 * the versions before it stay in the topic, and `fromWire` reads them with the schema that stands here.
 */

const Day = z.iso.date().describe('A calendar day at the biller.');
const Instant = z.iso.datetime();
const Money = z
  .object({
    amount: z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .describe('An exact decimal at the minor unit of the currency, as a string: never read it as a binary number.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('ISO 4217.'),
  })
  .meta({ title: 'Money' });
const billNumber = z.string().describe('The biller’s number of the bill, unique within the account.');
const lineId = z.string().describe('The line, unique within its bill.');
const Allocation = z
  .object({ billNumber, lineId, amount: Money })
  .meta({ title: 'Allocation', description: 'Money on one line of one bill.' });
const SourcedAllocation = Allocation.extend({
  sourceId: z.uuid().describe('The payment or credit the money came from: its paymentId or creditId.'),
  sourceKind: z.enum(['payment', 'credit']),
}).meta({ title: 'SourcedAllocation', description: 'Money of one source on one line of one bill.' });
const Tax = z
  .object({ jurisdiction: z.string().describe('Who levies the tax, by the biller’s code.'), amount: Money })
  .meta({ title: 'Tax' });
const service = z.string().describe('What the revenue is for, by the biller’s code: `internet`, `phone`.');
const reason = z.string().describe('A code: lower-case words joined by hyphens, never free text.');
const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']).describe('How the payment came in.');
const Method = z
  .object({
    kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
    token: z.string().optional().describe('Names the method at the payment provider; never a card or account number.'),
  })
  .meta({ title: 'Method' });
const Sealed = z
  .string()
  .describe('Text encrypted with a key of the account’s own: for holders of the keys, until the key is erased.');
const OtherSide = z
  .object({
    transferId: z.uuid().describe('The transfer, the same on both accounts.'),
    accountId: z.uuid().describe('The other account.'),
  })
  .meta({ title: 'OtherSide', description: 'The other side of money that moved between two accounts.' });
const released = z.array(Allocation).describe('What the payment had paid and is open again.');
const unapplied = Money.describe('What no open bill took: kept on the account as credit.');
const paymentId = z.uuid().describe('The payment, the same in every message about it.');
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
const arrangementId = z.uuid().describe('The arrangement, the same in every message about it.');
const instalmentNumber = z.int().describe('Which instalment, from 1 on.');
const adjustmentId = z.uuid().describe('The adjustment, the same in every message about it.');
const disputeId = z.uuid().describe('The dispute, the same in every message about it.');
/** What every message's data begins with. */
const about = {
  accountId: z.uuid().describe('The account: also the record’s key.'),
  effectiveAt: Instant.describe('When it counts for the customer, in UTC; `ce_time` is when it was recorded.'),
};

interface Definition<Schema extends z.ZodType = z.ZodType> {
  readonly version: number;
  /** What it says. */
  readonly summary: string;
  /** On what occasion it is published. */
  readonly when: string;
  readonly schema: Schema;
}

/** Every type of message with the version it is published in. */
export const MESSAGES = {
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
    when: 'When the account is closed. A returned payment and what settles it may still follow.',
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
  'bill.issued': {
    version: 2,
    summary: 'A bill was issued. The total is the sum of its lines, each with its taxes.',
    when: 'When the biller issues the bill. Credit of the account that pays it follows as credit.applied.',
    schema: z.object({
      ...about,
      billNumber,
      issuedOn: Day.describe('The day the bill is dated, at the biller.'),
      dueOn: Day.describe('The last day on which paying is on time.'),
      period: z.object({ from: Day, to: Day }).optional().describe('The days the bill covers, both included.'),
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
    version: 1,
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
      reason,
    }),
  },
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
    when: 'When bills have stayed unpaid for as long as the collection policy says, a person decides it, or a payment is returned that had come for debt which was written off before.',
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
    when: 'When a debit came back with a code that ends it: account closed, authorization revoked.',
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
            'charge.reversed takes along what is then more than is left of the line.',
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
    when: 'When the arrangement is looked at, once a day.',
    schema: z.object({ ...about, arrangementId }),
  },
  'arrangement.cancelled': {
    version: 1,
    summary: 'An arrangement ended before it was broken or completed: the bills are due as ever.',
    when: 'When it is cancelled, as before another is agreed on.',
    schema: z.object({ ...about, arrangementId, reason }),
  },
  'contact.changed': {
    version: 2,
    summary: 'How the customer is reached has changed; the whole contact as it is now, each part sealed.',
    when: 'When any part of the contact changes.',
    schema: z.object({
      ...about,
      contact: z.object({ name: Sealed.optional(), email: Sealed.optional(), phone: Sealed.optional() }),
      changed: z.array(z.enum(['name', 'email', 'phone'])).describe('The parts that are not as they were.'),
      first: z
        .literal(true)
        // A list of one value: what reads our schemas knows lists of values.
        .meta({ enum: [true] })
        .optional()
        .describe(
          'Neither an e-mail address nor a phone number stood there before: none was replaced. Since version 2; left out otherwise, and in all messages of version 1.',
        ),
    }),
  },
  'bill-delivery.changed': {
    version: 1,
    summary: 'How bills come has changed: electronically only, or on paper.',
    when: 'When the customer agrees to paperless bills, or takes that back. Until then bills come on paper.',
    schema: z.object({ ...about, paperless: z.boolean().describe('Electronically only.') }),
  },
  'notification-preferences.changed': {
    version: 1,
    summary: 'How the customer wants to be told; the whole of it as it is now.',
    when: 'When the customer or an agent changes the preferences.',
    schema: z.object({
      ...about,
      locale: z.string().describe('BCP 47: `en-US`.'),
      timeZone: z.string().describe('IANA: `America/New_York`.'),
      channels: z
        .record(z.string(), z.array(z.enum(['email', 'sms'])))
        .describe('By type of notification, the channels to use; a type that is not named uses the biller’s default.'),
      quietHours: z
        .object({
          from: z.string().describe('`22:00`.'),
          to: z.string().describe('`07:00`, of the next day when it is earlier.'),
        })
        .optional()
        .describe('Local times in which nothing is sent but what cannot wait.'),
    }),
  },
} as const satisfies Record<string, Definition>;

export type MessageType = keyof typeof MESSAGES;

/** The data of a type of message. */
export type MessageData<Type extends MessageType> = z.output<(typeof MESSAGES)[Type]['schema']>;

/** Any public message, told apart by its type. */
export type Message = { [Type in MessageType]: PublicMessage<Type, MessageData<Type>> }[MessageType];

export function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(MESSAGES, type);
}
