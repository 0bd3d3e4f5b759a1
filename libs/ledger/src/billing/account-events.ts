import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/*
 * Storage format. These shapes are stored for ever: a change is additive or is a new type or version with an upcaster,
 * and needs an ADR. Nothing here may hold a card number, or personal data in the clear: only opaque references, tokens,
 * and texts sealed with a key of the account's own (ADR 0015).
 */

/** A calendar day, `2026-01-31`. */
const Day = z.iso.date();
/** An ISO 8601 instant in UTC. */
const Instant = z.iso.datetime();
/** An exact decimal as a string; in the event's currency, at its minor unit unless said otherwise. */
const Amount = z.string().regex(/^-?\d+(\.\d+)?$/);
const Money = z.strictObject({ amount: Amount, currency: z.string().length(3) });

/** Money of one source laid on one line of one bill; the source is the payment or credit the event is about. */
const Allocation = z.strictObject({ billNumber: z.string(), lineId: z.string(), amount: Amount });
const SourceKind = z.enum(['payment', 'credit']);
/** The same where an event moves money of several sources. */
const SourcedAllocation = Allocation.extend({ sourceId: z.string(), sourceKind: SourceKind });
const TaxAmount = z.strictObject({ jurisdiction: z.string(), amount: Amount });
const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']);
const Method = z.strictObject({
  kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
  token: z.string().optional(),
});
/** Personal data encrypted with the account's own key: unreadable for ever once that key is erased. */
const Sealed = z.string().regex(/^v\d+\.[A-Za-z0-9_-]+$/);

/** The other side of money that moved between two accounts; both sides have the transfer's id. */
const OtherSide = z.strictObject({ transferId: z.uuid(), accountId: z.uuid() });

const BillLine = z.strictObject({
  lineId: z.string(),
  /** What the revenue is for: `internet`, `phone`, … */
  service: z.string(),
  kind: z.enum(['recurring', 'one-time', 'usage']),
  description: z.string(),
  /** Exact decimals, possibly finer than the minor unit. */
  quantity: Amount,
  unitPrice: Amount,
  discounts: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('fixed'), description: z.string(), value: Amount, amount: Amount }),
      z.strictObject({ kind: z.literal('percent'), description: z.string(), value: Amount, amount: Amount }),
    ]),
  ),
  /** Quantity × unit price less discounts, in minor units. */
  net: Amount,
  taxes: z.array(TaxAmount.extend({ rate: Amount })),
  /** Net plus taxes: what can be paid, and reversed, on this line. */
  total: Amount,
  /** Within a bill, lines with the lower number are paid first. */
  priority: z.number().int(),
  /** Of a charge in advance from a subscription: the days it is for, the last of them before `to`. */
  prepaid: z
    .strictObject({ subscriptionId: z.string(), plan: z.string(), charge: z.string(), from: Day, to: Day })
    .optional(),
});

export const accountEvents = eventRegistry({
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
  BillIssued: {
    version: 1,
    schema: z.strictObject({
      billNumber: z.string(),
      issuedOn: Day,
      dueOn: Day,
      period: z.strictObject({ from: Day, to: Day }).optional(),
      lines: z.array(BillLine).min(1),
      total: Money,
      /** What rounding to the minor unit added (+) or dropped (−) against the exact sums, as an exact decimal. */
      rounding: z.strictObject({ policy: z.enum(['line', 'bill']), residue: Amount }),
      /** What it was computed from, when it was from the account's subscriptions (ADR 0029). */
      basis: z
        .strictObject({
          catalogue: z.string(),
          /** The billing run, when it was one. */
          run: z.string().optional(),
          /** Revisions of the stream `subscription-<account id>`: what was recorded after the one, up to the other, is new in it. */
          subscription: z.strictObject({ after: z.int(), through: z.int() }),
          /** The first day that it does not cover in arrears; left out where that is the one after the period. */
          arrearsTo: Day.optional(),
        })
        .optional(),
      /** The reversed bill that this one takes the place of. */
      corrects: z.string().optional(),
      /** Of a debt that came over from another account: what was open there of a bill of that number (ADR 0037). */
      transferredFrom: OtherSide.extend({ billNumber: z.string() }).optional(),
      effectiveAt: Instant,
    }),
  },
  PaymentApplied: {
    version: 1,
    schema: z.strictObject({
      paymentId: z.uuid(),
      confirmationNumber: z.string(),
      amount: Money,
      channel: Channel,
      method: Method,
      allocations: z.array(Allocation),
      /** What no open bill took: held on the account as credit. Allocations + unapplied = amount. */
      unapplied: Amount,
      allocationPolicy: z.string(),
      /** Of a payment over several accounts: the whole, whose confirmation number this part has (ADR 0037). */
      partOf: z.strictObject({ paymentId: z.uuid(), amount: Money }).optional(),
      effectiveAt: Instant,
    }),
  },
  PaymentFailed: {
    version: 1,
    schema: z.strictObject({
      /** The payment provider's id of the attempt, else the command's. */
      attemptId: z.uuid(),
      amount: Money,
      channel: Channel,
      method: Method,
      /** Why, as the provider says it: `insufficient_funds`. */
      declineCode: z.string(),
      effectiveAt: Instant,
    }),
  },
  PaymentUnapplied: {
    version: 1,
    schema: z.strictObject({
      paymentId: z.uuid(),
      amount: Money,
      released: z.array(Allocation).min(1),
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  PaymentReturned: {
    version: 1,
    schema: z.strictObject({
      paymentId: z.uuid(),
      amount: Money,
      /** The bank's code (`R01`), when there is one. */
      returnCode: z.string().optional(),
      reason: z.string(),
      /** Debt that stands again. Released + unappliedRemoved + alreadyRefunded = amount. */
      released: z.array(Allocation),
      unappliedRemoved: Amount,
      /** What had been paid back to the payer before the bank took it too; nothing when it is not there. */
      alreadyRefunded: Amount.optional(),
      /** The whole payment, all of whose parts are returned. */
      partOf: z.uuid().optional(),
      effectiveAt: Instant,
    }),
  },
  /** What the bank had taken back it has given back: the payment counts again. */
  PaymentReinstated: {
    version: 1,
    schema: z.strictObject({
      paymentId: z.uuid(),
      amount: Money,
      reason: z.string(),
      /** Allocations + unapplied + claimSettled = amount. */
      allocations: z.array(Allocation),
      unapplied: Amount,
      /** What had been paid back to the payer before the bank took it: the claim for it is settled. */
      claimSettled: Amount.optional(),
      allocationPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  PaymentRefunded: {
    version: 1,
    schema: z.strictObject({
      paymentId: z.uuid(),
      refundId: z.uuid(),
      /** Taken from what was unapplied of the payment. */
      amount: Money,
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  PaymentsHeld: {
    version: 1,
    schema: z.strictObject({ holdId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  PaymentsReleased: {
    version: 1,
    schema: z.strictObject({ holdId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  ChargeReversed: {
    version: 1,
    schema: z.strictObject({
      reversalId: z.uuid(),
      billNumber: z.string(),
      lineId: z.string(),
      service: z.string(),
      amount: Money,
      /** How the amount divides: net + taxes = amount. */
      net: Amount,
      taxes: z.array(TaxAmount),
      /** What had been paid on the reversed part, given back to its sources as credit. */
      released: z.array(SourcedAllocation),
      reason: z.string(),
      /** Days that were charged in advance and not used, the last of them before `to`; and the billing run that found them. */
      unused: z
        .strictObject({ days: z.array(z.strictObject({ from: Day, to: Day })).min(1), run: z.string().optional() })
        .optional(),
      effectiveAt: Instant,
    }),
  },
  CreditIssued: {
    version: 1,
    schema: z.strictObject({
      creditId: z.uuid(),
      amount: Money,
      reason: z.string(),
      allocations: z.array(Allocation),
      unapplied: Amount,
      allocationPolicy: z.string(),
      /** It settles bills here whose debt stands on the other account now: nothing was granted. */
      transferredTo: OtherSide.optional(),
      /** It was credit of the other account. */
      transferredFrom: OtherSide.optional(),
      effectiveAt: Instant,
    }),
  },
  /** Credit of this account is credit of another now. */
  CreditTransferred: {
    version: 1,
    schema: z.strictObject({
      ...OtherSide.shape,
      amount: Money,
      /** What was unapplied of each source; together the amount. */
      taken: z.array(z.strictObject({ sourceId: z.string(), sourceKind: SourceKind, amount: Amount })).min(1),
      reason: z.string(),
      effectiveAt: Instant,
    }),
  },
  CreditApplied: {
    version: 1,
    schema: z.strictObject({
      amount: Money,
      allocations: z.array(SourcedAllocation).min(1),
      allocationPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  ContactChanged: {
    version: 2,
    // Version 1 does not say which change was the first; that it was not is what it was taken for.
    upcasters: { 1: (data) => data },
    schema: z.strictObject({
      /** All of it as it is now. */
      contact: z.strictObject({ name: Sealed.optional(), email: Sealed.optional(), phone: Sealed.optional() }),
      changed: z.array(z.enum(['name', 'email', 'phone'])).min(1),
      /** Neither an e-mail address nor a phone number stood there before. */
      first: z.literal(true).optional(),
      effectiveAt: Instant,
    }),
  },
  NotificationPreferencesChanged: {
    version: 1,
    schema: z.strictObject({
      /** BCP 47: `en-US`. */
      locale: z.string(),
      /** IANA: `America/New_York`. */
      timeZone: z.string(),
      /** By type of notification; a type that is not named uses the biller's default. */
      channels: z.record(z.string(), z.array(z.enum(['email', 'sms']))),
      /** Local times, HH:MM. */
      quietHours: z.strictObject({ from: z.string(), to: z.string() }).optional(),
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
    schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }),
  },
});

export type AccountEvent = EventOf<typeof accountEvents>;
