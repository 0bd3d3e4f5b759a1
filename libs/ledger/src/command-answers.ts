import { z } from 'zod';
import { type CommandResult, type DomainEvent } from '#libs/event-sourcing';
import { type AccountEvent } from './billing/account-events.js';
import { type MoneyJson } from './money/money.js';

/* What commands answer: made from the events they appended, so that a retry gets the same answer from the stream. */

export const Money = z
  .object({ amount: z.string(), currency: z.string() })
  .meta({ id: 'Money', examples: [{ amount: '12.34', currency: 'USD' }] });

/** A number where many stand together, or beside other accounts' money (ID5). */
export const MaskedPayBillNumber = z
  .string()
  .meta({ description: 'Masked but for its last four figures', examples: ['•••• •••• ••12 44'] });

const Allocation = z.object({ billNumber: z.string(), lineId: z.string(), amount: Money }).meta({ id: 'Allocation' });
const SourcedAllocation = Allocation.extend({
  sourceId: z.string().meta({ description: 'The payment or credit the money comes from' }),
  sourceKind: z.enum(['payment', 'credit']),
}).meta({ id: 'SourcedAllocation' });

/** What every command on an account answers. */
const Receipt = z.object({
  commandId: z.uuid(),
  accountId: z.uuid(),
  revision: z.string().meta({ description: 'Revision of the account’s stream after the command' }),
  position: z
    .string()
    .meta({ description: 'Give it to a read as ?after= to see what this command did', examples: ['48213'] }),
  repeated: z.boolean().meta({ description: 'true when the command had been carried out before' }),
});

export const AccountOpenedAnswer = Receipt.extend({ payBillNumber: z.string(), currency: z.string() }).meta({
  id: 'AccountOpenedAnswer',
});
export const PayBillNumberChangedAnswer = Receipt.extend({
  payBillNumber: z.string().meta({ description: 'What the account’s bills print from now on' }),
}).meta({ id: 'PayBillNumberChangedAnswer' });
export const BillIssuedAnswer = Receipt.extend({
  billNumber: z.string(),
  dueOn: z.iso.date(),
  total: Money,
  lines: z.array(z.object({ lineId: z.string(), net: Money, total: Money })),
  creditApplied: z
    .array(SourcedAllocation)
    .meta({ description: 'Credit of the account that paid for this bill at once' }),
}).meta({ id: 'BillIssuedAnswer' });
export const PaymentAppliedAnswer = Receipt.extend({
  paymentId: z.uuid(),
  confirmationNumber: z.string(),
  amount: Money,
  allocations: z.array(Allocation),
  unapplied: Money,
}).meta({ id: 'PaymentAppliedAnswer' });
export const PaymentTakenAnswer = z
  .object({ confirmationNumber: z.string(), taken: z.literal(true), repeated: z.boolean() })
  .meta({ id: 'PaymentTakenAnswer' });
export const ChargeReversedAnswer = Receipt.extend({
  reversalId: z.uuid(),
  billNumber: z.string(),
  lineId: z.string(),
  amount: Money,
  net: Money,
  released: z.array(SourcedAllocation).meta({ description: 'What had been paid on it, given back as credit' }),
}).meta({ id: 'ChargeReversedAnswer' });
export const LateFeeAssessedAnswer = Receipt.extend({
  billNumber: z.string(),
  lineId: z.string().meta({ description: 'The line that the bill has from now on' }),
  amount: Money,
  overdue: Money.meta({ description: 'What the fee was reckoned on' }),
  policy: z.string().meta({ description: 'The version of the collection policy' }),
}).meta({ id: 'LateFeeAssessedAnswer' });
export const ServiceAnswer = Receipt.extend({ service: z.enum(['active', 'suspended']) }).meta({ id: 'ServiceAnswer' });
export const DebtWrittenOffAnswer = Receipt.extend({
  writeOffId: z.uuid(),
  amount: Money,
  lines: z.array(Allocation),
}).meta({ id: 'DebtWrittenOffAnswer' });
export const DebtReinstatedAnswer = Receipt.extend({ amount: Money, lines: z.array(Allocation) }).meta({
  id: 'DebtReinstatedAnswer',
});
export const PaymentUnappliedAnswer = Receipt.extend({
  paymentId: z.uuid(),
  amount: Money,
  released: z.array(Allocation),
}).meta({ id: 'PaymentUnappliedAnswer' });
export const PaymentReturnedAnswer = Receipt.extend({
  paymentId: z.uuid(),
  amount: Money,
  released: z.array(Allocation).meta({ description: 'Debt that stands again' }),
  unappliedRemoved: Money,
  alreadyRefunded: Money.meta({ description: 'What had been paid back before: now a claim on the payer, on no bill' }),
}).meta({ id: 'PaymentReturnedAnswer' });
export const PaymentFailedAnswer = Receipt.extend({ attemptId: z.uuid() }).meta({ id: 'PaymentFailedAnswer' });
export const PaymentRefundedAnswer = Receipt.extend({ paymentId: z.uuid(), refundId: z.uuid(), amount: Money }).meta({
  id: 'PaymentRefundedAnswer',
});
export const PaymentsHeldAnswer = Receipt.extend({
  holdId: z.uuid(),
  state: z.enum(['held', 'released']).meta({ description: 'Of this hold; others may stand' }),
}).meta({ id: 'PaymentsHeldAnswer' });
export const DisputeOpenedAnswer = Receipt.extend({
  disputeId: z.uuid(),
  amount: Money,
  shares: z.array(Allocation).meta({ description: 'Where on bills it is disputed; none when a payment is' }),
}).meta({ id: 'DisputeOpenedAnswer' });
export const DisputeResolvedAnswer = Receipt.extend({
  disputeId: z.uuid(),
  outcome: z.enum(['customer', 'company']),
  granted: Money,
  reversed: z.array(Allocation).meta({ description: 'Charges that were reversed for it' }),
  unapplied: z
    .array(Allocation)
    .meta({ description: 'What a disputed payment was taken off: it is credit now, and can be refunded' }),
  payableBy: z.iso
    .date()
    .nullable()
    .meta({ description: 'Until then what was in dispute and not granted is not dunned for; null: nothing was left' }),
}).meta({ id: 'DisputeResolvedAnswer' });
export const AdjustmentAnswer = Receipt.extend({
  adjustmentId: z.uuid(),
  state: z
    .enum(['proposed', 'approved', 'refused'])
    .meta({ description: 'proposed: it waits for a second person, and nothing is posted yet' }),
  posted: z
    .array(z.object({ type: z.string(), amount: Money }))
    .meta({ description: 'The events that took it off the account; none until it is approved' }),
}).meta({ id: 'AdjustmentAnswer' });
export const ArrangementAnswer = Receipt.extend({
  arrangementId: z.uuid().nullable().meta({ description: 'null when none stands' }),
  told: z
    .array(z.string())
    .meta({ description: 'The events it led to, in order; none when there was nothing to tell' }),
}).meta({ id: 'ArrangementAnswer' });
export const ContactChangedAnswer = Receipt.extend({
  changed: z
    .array(z.enum(['name', 'email', 'phone']))
    .meta({ description: 'What is not as it was; empty when nothing changed' }),
}).meta({ id: 'ContactChangedAnswer' });
export const PreferencesChangedAnswer = Receipt.extend({ changed: z.boolean() }).meta({
  id: 'NotificationPreferencesChangedAnswer',
});
export const BillDeliveryChangedAnswer = Receipt.extend({ changed: z.boolean() }).meta({
  id: 'BillDeliveryChangedAnswer',
});
export const BillReversedAnswer = Receipt.extend({
  reversalId: z.uuid(),
  billNumber: z.string(),
  amount: Money.meta({ description: 'All that was left of the bill' }),
  lines: z.array(z.object({ lineId: z.string(), amount: Money, net: Money })),
  released: z.array(SourcedAllocation).meta({ description: 'What had been paid on it, given back as credit' }),
}).meta({ id: 'BillReversedAnswer' });
export const BillCorrectedAnswer = BillIssuedAnswer.extend({
  corrects: z.string().meta({ description: 'The bill that was reversed' }),
  reversed: Money.meta({ description: 'What was left of it' }),
}).meta({ id: 'BillCorrectedAnswer' });
/** Of a command on an account's subscriptions; revision and position are those of their stream. */
export const SubscriptionAnswer = Receipt.extend({ subscriptionId: z.string() }).meta({ id: 'SubscriptionAnswer' });
export const SubscriptionStartedAnswer = SubscriptionAnswer.extend({
  cycleDay: z.int().meta({ description: 'The day of the month on which the account is billed' }),
}).meta({ id: 'SubscriptionStartedAnswer' });
export const OneTimeChargeAddedAnswer = SubscriptionAnswer.extend({ chargeId: z.uuid() }).meta({
  id: 'OneTimeChargeAddedAnswer',
});
export const UsageRecordedAnswer = SubscriptionAnswer.extend({ usageId: z.string() }).meta({
  id: 'UsageRecordedAnswer',
});
export const CreditIssuedAnswer = Receipt.extend({
  creditId: z.uuid(),
  amount: Money,
  allocations: z.array(Allocation),
  unapplied: Money,
}).meta({ id: 'CreditIssuedAnswer' });
export const CreditAppliedAnswer = Receipt.extend({ amount: Money, allocations: z.array(SourcedAllocation) }).meta({
  id: 'CreditAppliedAnswer',
});
export const AccountClosedAnswer = Receipt.extend({ status: z.literal('closed') }).meta({ id: 'AccountClosedAnswer' });

/** Of a command on the verification of an account; revision and position are those of its stream. */
export const VerificationReceipt = Receipt.meta({ id: 'VerificationReceipt' });

/** Of a command on the autopay of an account. */
export const AutopayReceipt = Receipt.meta({ id: 'AutopayReceipt' });

/** A command's result, on an account or a stream beside it, with the id of the command. */
export type Done<Event extends DomainEvent = AccountEvent> = CommandResult<Event> & { readonly commandId: string };

export function receipt(done: Done<DomainEvent>): z.output<typeof Receipt> {
  const { commandId, id: accountId, revision, position, repeated } = done;
  return { commandId, accountId, revision: String(revision), position: String(position), repeated };
}

/** What a command that reversed a charge answers. */
export function reversedAnswer(done: Done): z.output<typeof ChargeReversedAnswer> {
  const { billNumber, lineId, reversalId, amount, net, released } = made(done, 'ChargeReversed');
  const { money, each } = inCurrencyOf(amount);
  return { ...receipt(done), reversalId, billNumber, lineId, amount, net: money(net), released: each(released) };
}

type DataOf<Event extends DomainEvent, Type extends Event['type']> = Extract<Event, { type: Type }>['data'];

/** The command's event of a type, or undefined when it made none. */
export function madeOf<Event extends DomainEvent, Type extends Event['type']>(
  { events }: { readonly events: readonly Event[] },
  type: Type,
): DataOf<Event, Type> | undefined {
  return events.find((event) => event.type === type)?.data;
}

/** The event of a type that the command always makes. */
export function made<Event extends DomainEvent, Type extends Event['type']>(
  done: Done<Event>,
  type: Type,
): DataOf<Event, Type> {
  const data = madeOf(done, type);
  if (!data) throw new Error(`command ${done.commandId} was carried out without a ${type}`);
  return data;
}

/** Stored amounts, which share their event's currency, as money of their own. */
export function inCurrencyOf({ currency }: MoneyJson) {
  const money = (amount: string): MoneyJson => ({ amount, currency });
  return {
    money,
    each: <Share extends { readonly amount: string }>(shares: readonly Share[]) =>
      shares.map((share) => ({ ...share, amount: money(share.amount) })),
  };
}
