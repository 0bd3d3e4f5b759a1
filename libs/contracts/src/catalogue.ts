import { z } from 'zod';
import { type PublicMessage } from './message.js';

/*
 * The public messages. Others build on these shapes: a change is an added optional field with a higher version, or a new
 * type. Readers ignore fields they do not know. No personal data in the clear, no card number, no whole pay bill number.
 */

/** A calendar day, `2026-01-31`. */
const Day = z.iso.date();
/** An ISO 8601 instant in UTC. */
const Instant = z.iso.datetime();
/** An exact decimal in a string, at the currency's minor unit. */
const Money = z.object({
  amount: z.string().regex(/^-?\d+(\.\d+)?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
/** Money laid on one line of one bill, or taken off it. */
const Allocation = z.object({ billNumber: z.string(), lineId: z.string(), amount: Money });
const SourcedAllocation = Allocation.extend({ sourceId: z.uuid(), sourceKind: z.enum(['payment', 'credit']) });
const Tax = z.object({ jurisdiction: z.string(), amount: Money });
const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']);
const Method = z.object({
  kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
  /** Names the method at the payment provider; never a card number. */
  token: z.string().optional(),
});
/** Text encrypted with a key of the account's own: readable by whoever holds the keys, and by nobody once it is erased. */
const Sealed = z.string();
/** What every message's data begins with. */
const about = { accountId: z.uuid(), effectiveAt: Instant };

interface Definition<Schema extends z.ZodType = z.ZodType> {
  readonly version: number;
  readonly summary: string;
  readonly schema: Schema;
}

/** Every type of message with the version it is published in. */
export const MESSAGES = {
  'account.opened': {
    version: 1,
    summary: 'A billing account was opened under its pay bill number.',
    schema: z.object({
      ...about,
      currency: z.string().length(3),
      /** The biller's own key for the customer; opaque, never a name. */
      customerReference: z.string().optional(),
      /** The last four figures; the whole number is never published. */
      payBillNumberEnding: z.string().length(4),
    }),
  },
  'account.closed': {
    version: 1,
    summary: 'The account was closed; it neither owed nor was owed anything.',
    schema: z.object({ ...about, reason: z.string() }),
  },
  'bill.issued': {
    version: 1,
    summary: 'A bill was issued. The total is the sum of its lines, each with its taxes.',
    schema: z.object({
      ...about,
      billNumber: z.string(),
      issuedOn: Day,
      dueOn: Day,
      period: z.object({ from: Day, to: Day }).optional(),
      total: Money,
      lines: z.array(
        z.object({
          lineId: z.string(),
          service: z.string(),
          kind: z.enum(['recurring', 'one-time', 'usage']),
          description: z.string(),
          net: Money,
          taxes: z.array(Tax),
          total: Money,
        }),
      ),
    }),
  },
  'payment.applied': {
    version: 1,
    summary: 'A payment was received and laid on bills; allocations and unapplied together are the amount.',
    schema: z.object({
      ...about,
      paymentId: z.uuid(),
      confirmationNumber: z.string(),
      amount: Money,
      channel: Channel,
      method: Method,
      allocations: z.array(Allocation),
      /** What no open bill took: kept on the account as credit. */
      unapplied: Money,
    }),
  },
  'payment.failed': {
    version: 1,
    summary: 'An attempt to pay was declined; no money moved.',
    schema: z.object({
      ...about,
      attemptId: z.uuid(),
      amount: Money,
      channel: Channel,
      method: Method,
      /** Why, as the payment provider says it: `insufficient_funds`. */
      declineCode: z.string(),
    }),
  },
  'payment.unapplied': {
    version: 1,
    summary: 'A payment was taken off its bills; the money stays on the account as credit.',
    schema: z.object({
      ...about,
      paymentId: z.uuid(),
      amount: Money,
      released: z.array(Allocation),
      reason: z.string(),
    }),
  },
  'payment.returned': {
    version: 1,
    summary: 'The bank took a payment back: what it had paid is open again. Released and unapplied are the amount.',
    schema: z.object({
      ...about,
      paymentId: z.uuid(),
      amount: Money,
      /** The bank's code, such as `R01`. */
      returnCode: z.string().optional(),
      reason: z.string(),
      released: z.array(Allocation),
      unappliedRemoved: Money,
    }),
  },
  'payment.refunded': {
    version: 1,
    summary: 'Credit left of a payment was paid back to the payer.',
    schema: z.object({ ...about, paymentId: z.uuid(), refundId: z.uuid(), amount: Money, reason: z.string() }),
  },
  'payments.held': {
    version: 1,
    summary: 'Payments of the account are held; none is taken until the hold is released.',
    schema: z.object({ ...about, holdId: z.uuid(), reason: z.string() }),
  },
  'payments.released': {
    version: 1,
    summary: 'A hold was released.',
    schema: z.object({ ...about, holdId: z.uuid(), reason: z.string() }),
  },
  'charge.reversed': {
    version: 1,
    summary: 'A charge was reversed in whole or in part; what had been paid on it is given back as credit.',
    schema: z.object({
      ...about,
      reversalId: z.uuid(),
      billNumber: z.string(),
      lineId: z.string(),
      service: z.string(),
      amount: Money,
      /** Net and taxes together are the amount. */
      net: Money,
      taxes: z.array(Tax),
      released: z.array(SourcedAllocation),
      reason: z.string(),
    }),
  },
  'credit.issued': {
    version: 1,
    summary: 'A credit was given and laid on bills; allocations and unapplied together are the amount.',
    schema: z.object({
      ...about,
      creditId: z.uuid(),
      amount: Money,
      reason: z.string(),
      allocations: z.array(Allocation),
      unapplied: Money,
    }),
  },
  'credit.applied': {
    version: 1,
    summary: 'Credit of the account paid bills.',
    schema: z.object({ ...about, amount: Money, allocations: z.array(SourcedAllocation) }),
  },
  'contact.changed': {
    version: 1,
    summary: 'How the customer is reached has changed; the whole contact as it is now, each part sealed.',
    schema: z.object({
      ...about,
      contact: z.object({ name: Sealed.optional(), email: Sealed.optional(), phone: Sealed.optional() }),
      changed: z.array(z.enum(['name', 'email', 'phone'])),
    }),
  },
  'notification-preferences.changed': {
    version: 1,
    summary: 'How the customer wants to be told; the whole of it as it is now.',
    schema: z.object({
      ...about,
      /** BCP 47: `en-US`. */
      locale: z.string(),
      /** IANA: `America/New_York`. */
      timeZone: z.string(),
      /** By type of notification, the channels to use; a type that is not named uses the biller's default. */
      channels: z.record(z.string(), z.array(z.enum(['email', 'sms']))),
      /** Local times, `22:00` to `07:00`, in which nothing is sent but what cannot wait. */
      quietHours: z.object({ from: z.string(), to: z.string() }).optional(),
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
