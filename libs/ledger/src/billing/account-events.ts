import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';
import { accountLifeEvents } from '../accounts/account-life-events.js';
import { adjustmentEvents } from '../adjustments/adjustment-events.js';
import { arrangementEvents } from '../arrangements/arrangement-events.js';
import { autopayEvents } from '../autopay/autopay-events.js';
import { contactEvents } from '../contacts/contact-events.js';
import { disputeEvents } from '../disputes/dispute-events.js';
import { Allocation, Amount, Day, Instant, Money } from './stored-shapes.js';

/*
 * Storage format. These shapes are stored for ever: a change is additive or is a new type or version with an upcaster,
 * and needs an ADR. Nothing here may hold a card number, or personal data in the clear: only opaque references, tokens,
 * and texts sealed with a key of the account's own (ADR 0015).
 */

const SourceKind = z.enum(['payment', 'credit']);
/** The same where an event moves money of several sources. */
const SourcedAllocation = Allocation.extend({ sourceId: z.string(), sourceKind: SourceKind });
const TaxAmount = z.strictObject({ jurisdiction: z.string(), amount: Amount });
const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']);
const Method = z.strictObject({
  kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
  token: z.string().optional(),
});

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
  ...accountLifeEvents,
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
  ...contactEvents,
  ...disputeEvents,
  ...adjustmentEvents,
  ...arrangementEvents,
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
