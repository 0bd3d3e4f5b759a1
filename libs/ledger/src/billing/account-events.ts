import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';
import { autopayEvents } from '../autopay/autopay-events.js';

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
/** Who somebody is to the biller. */
const Role = z.enum(['agent', 'finance', 'operations', 'fraud-analyst', 'customer', 'service']);
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
  ...autopayEvents,
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
      transferredFrom: OtherSide.extend({
        billNumber: z.string(),
        /** The bill has had its late fee there; the line is what was open of it, when something was. */
        lateFee: z.strictObject({ lineId: z.string().optional() }).optional(),
      }).optional(),
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
      /** By which version of the channels’ rules it is effective when it is; payments from before there was one have none. */
      effectivePolicy: z.string().optional(),
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
      /** The charge was a late fee: it comes out of the income from them. */
      lateFee: z.literal(true).optional(),
      /** What of it was in dispute and is settled by this: no more can be disputed of a charge than is left of it. */
      disputes: z.array(z.strictObject({ disputeId: z.uuid(), amount: Amount })).optional(),
      /** Days that were charged in advance and not used, the last of them before `to`; and the billing run that found them. */
      unused: z
        .strictObject({ days: z.array(z.strictObject({ from: Day, to: Day })).min(1), run: z.string().optional() })
        .optional(),
      effectiveAt: Instant,
    }),
  },
  /** A bill was not paid in time: it has a further line, the fee, once in its life (ADR 0036). */
  LateFeeAssessed: {
    version: 1,
    schema: z.strictObject({
      billNumber: z.string(),
      /** The line that the bill has from now on. */
      lineId: z.string(),
      amount: Money,
      /** What it was reckoned on: what was overdue of the bill, without what is out of collections. */
      overdue: Amount,
      /** The version of the collection policy. */
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** A step on the way from a bill that is past due to money: at most one a day, each once for a bill (ADR 0036). */
  DunningStepTaken: {
    version: 1,
    schema: z.strictObject({
      /** By the policy's name for it, and what kind of step it is. */
      step: z.string(),
      kind: z.enum(['notice', 'final-notice', 'suspension', 'write-off']),
      /** The bill that is longest past due: the step is taken on its days. */
      billNumber: z.string(),
      dueOn: Day,
      /** All that is past due of the account and not out of collections. */
      amount: Money,
      /** With a final notice: the first day on which service may be suspended. */
      suspendsFrom: Day.optional(),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  ServiceSuspended: {
    version: 1,
    schema: z.strictObject({
      reason: z.string(),
      /** The version of the collection policy, and all that was past due; of a suspension that is a step of it. */
      policy: z.string().optional(),
      amount: Money.optional(),
      effectiveAt: Instant,
    }),
  },
  ServiceRestored: {
    version: 1,
    schema: z.strictObject({ reason: z.string(), policy: z.string().optional(), effectiveAt: Instant }),
  },
  /** Debt that is not expected to be paid any more: off the books, and still owed. */
  DebtWrittenOff: {
    version: 1,
    schema: z.strictObject({
      writeOffId: z.uuid(),
      /** The sum of the lines. */
      amount: Money,
      lines: z.array(Allocation).min(1),
      reason: z.string(),
      /** The version of the collection policy; of a write-off that is a step of it. */
      policy: z.string().optional(),
      /** The payment that had come for it after it was written off before, returned in the same append. */
      paymentId: z.uuid().optional(),
      effectiveAt: Instant,
    }),
  },
  /** Debt that was written off is on the books again: money came for it, or it should not have been written off. */
  DebtReinstated: {
    version: 1,
    schema: z.strictObject({
      amount: Money,
      lines: z.array(Allocation).min(1),
      reason: z.string(),
      /** The payment that came for it, applied in the same append. */
      paymentId: z.uuid().optional(),
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
  /** The customer objects to a bill, a charge of it or a payment. Moves no money: it says how much is not to be dunned for. */
  DisputeOpened: {
    version: 1,
    schema: z.strictObject({
      disputeId: z.uuid(),
      subject: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('bill'), billNumber: z.string() }),
        z.strictObject({ kind: z.literal('charge'), billNumber: z.string(), lineId: z.string() }),
        z.strictObject({ kind: z.literal('payment'), paymentId: z.uuid() }),
      ]),
      amount: Money,
      /** Where on bills the amount is disputed; they come to it. None when a payment is disputed. */
      shares: z.array(Allocation),
      reason: z.string(),
      disputePolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  DisputeResolved: {
    version: 1,
    schema: z.strictObject({
      disputeId: z.uuid(),
      outcome: z.enum(['customer', 'company']),
      /** What the customer was right about: reversed, or of a payment taken off its bills, right before this event. */
      granted: Money,
      /** What of bills was in dispute until now, after those reversals, and is not any more. */
      released: z.array(Allocation),
      /** The last day on which what was released may be paid before it is dunned for. */
      payableBy: Day.optional(),
      reason: z.string(),
      disputePolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** Somebody would take an amount off the account; what it comes to follows as events of its own once it is approved. */
  AdjustmentProposed: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      proposed: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('credit') }),
        z.strictObject({ kind: z.literal('charge-reversal'), billNumber: z.string(), lineId: z.string() }),
        z.strictObject({ kind: z.literal('dispute'), disputeId: z.uuid() }),
      ]),
      amount: Money,
      reason: z.string(),
      proposedBy: z.string(),
      role: Role,
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  AdjustmentApproved: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      /** `within-limit`: the proposer's role may do it alone, and nobody else has looked at it. */
      approval: z.enum(['within-limit', 'second-person']),
      approvedBy: z.string().optional(),
      role: Role.optional(),
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  AdjustmentRefused: {
    version: 1,
    schema: z.strictObject({
      adjustmentId: z.uuid(),
      reason: z.string(),
      refusedBy: z.string(),
      role: Role,
      adjustmentPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** When what is open on bills is to be paid: in instalments, or in one as a promise. */
  ArrangementAgreed: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** What the bills come to, and the instalments. */
      amount: Money,
      /** What was open on each; nothing of it in dispute. */
      bills: z.array(z.strictObject({ billNumber: z.string(), amount: Amount })).min(1),
      instalments: z.array(z.strictObject({ dueOn: Day, amount: Amount })).min(1),
      /** After the day of an instalment before it counts as missed. */
      graceDays: z.int().min(0),
      arrangementPolicy: z.string(),
      effectiveAt: Instant,
    }),
  },
  InstalmentKept: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** From 1 on. */
      number: z.int().min(1),
      dueOn: Day,
      /** On the bills since the agreement, all together. */
      paid: Money,
      effectiveAt: Instant,
    }),
  },
  ArrangementBroken: {
    version: 1,
    schema: z.strictObject({
      arrangementId: z.uuid(),
      /** The instalment that was missed, its day, and what was missing of all up to it. */
      number: z.int().min(1),
      dueOn: Day,
      missing: Money,
      effectiveAt: Instant,
    }),
  },
  ArrangementCompleted: {
    version: 1,
    schema: z.strictObject({ arrangementId: z.uuid(), effectiveAt: Instant }),
  },
  ArrangementCancelled: {
    version: 1,
    schema: z.strictObject({ arrangementId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  /** Bills come on paper until the customer has agreed to get them electronically. */
  BillDeliveryChanged: {
    version: 1,
    schema: z.strictObject({
      paperless: z.boolean(),
      /** The version of the text that the customer agreed to. */
      consent: z.string().optional(),
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

/** What is done about bills that are not paid in time. */
export type CollectionsEvent = Extract<
  AccountEvent,
  {
    type:
      | ('LateFeeAssessed' | 'DunningStepTaken' | 'ServiceSuspended' | 'ServiceRestored')
      | ('DebtWrittenOff' | 'DebtReinstated');
  }
>;

/** What customer service does with a customer: disputes, adjustments and arrangements (CS2–CS4). None of it moves money. */
export const CUSTOMER_SERVICE = [
  ...(['DisputeOpened', 'DisputeResolved', 'AdjustmentProposed', 'AdjustmentApproved', 'AdjustmentRefused'] as const),
  ...(['ArrangementAgreed', 'InstalmentKept', 'ArrangementBroken', 'ArrangementCompleted'] as const),
  'ArrangementCancelled',
] as const satisfies readonly AccountEvent['type'][];
const served: ReadonlySet<AccountEvent['type']> = new Set(CUSTOMER_SERVICE);

export type CustomerServiceEvent = Extract<AccountEvent, { type: (typeof CUSTOMER_SERVICE)[number] }>;

export function isCustomerServiceEvent<Event extends AccountEvent>(
  event: Event,
): event is Event & CustomerServiceEvent {
  return served.has(event.type);
}
