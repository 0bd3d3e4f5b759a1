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
export const ContactChangedAnswer = Receipt.extend({
  changed: z
    .array(z.enum(['name', 'email', 'phone']))
    .meta({ description: 'What is not as it was; empty when nothing changed' }),
}).meta({ id: 'ContactChangedAnswer' });
export const PreferencesChangedAnswer = Receipt.extend({ changed: z.boolean() }).meta({
  id: 'NotificationPreferencesChangedAnswer',
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

/** A command's result, on an account or a stream beside it, with the id of the command. */
export type Done<Event extends DomainEvent = AccountEvent> = CommandResult<Event> & { readonly commandId: string };

export function receipt(done: Done<DomainEvent>): z.output<typeof Receipt> {
  const { commandId, id: accountId, revision, position, repeated } = done;
  return { commandId, accountId, revision: String(revision), position: String(position), repeated };
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
