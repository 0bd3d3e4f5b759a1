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
        .describe('The whole payment, when it was over several accounts: each part is returned by a message of its own.'),
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
