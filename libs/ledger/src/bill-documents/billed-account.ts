import { type Activity, type BilledTax, type BillDocument } from '#libs/bill-documents';
import { type Recorded, Rejected } from '#libs/event-sourcing';
import { creditChange, digitsOfStored, movementsOf, movesMoney, openChange } from '../balances/movements.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { collectibleOf } from '../billing/collectible.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';

type Of<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;
type BillIssued = Of<'BillIssued'>;

/** A bill as it was issued, and whose it is: the name still sealed, when there is one. */
export interface IssuedBill {
  readonly document: Omit<BillDocument, 'addressee'>;
  readonly sealedName?: string | undefined;
}

/** An account while its events are followed up to the bill. Amounts are minor units. */
interface Standing {
  payBillNumber: string;
  digits: number;
  sealedName?: string | undefined;
  balance: bigint;
  /** Of the bill before; all that there was before the first bill is activity. */
  previous?: { readonly billNumber: string; readonly issuedOn: string; readonly balance: bigint };
  activity: { readonly told: Omit<Activity, 'amount'>; readonly amount: bigint }[];
}

/**
 * What a bill said when it was issued, from its account's own events: what was recorded later changes nothing of it, but for
 * one thing. When all of it has been reversed since, it says so, and is not to be paid.
 * @param events of the account, from the first on
 * @throws Rejected BILL_UNKNOWN
 */
export function issuedBill(events: readonly Recorded<AccountEvent>[], billNumber: string): IssuedBill {
  const isIt = (event: AccountEvent): event is BillIssued =>
    event.type === 'BillIssued' && event.data.billNumber === billNumber && !event.data.transferredFrom;
  const at = events.findIndex(isIt);
  const bill = events[at];
  if (!bill || !isIt(bill)) {
    throw new Rejected('BILL_UNKNOWN', 'the account has no bill with this number; list its bills', 'billNumber');
  }
  const standing: Standing = { payBillNumber: '', digits: 0, balance: 0n, activity: [] };
  const before = events.slice(0, at);
  for (const event of before) follow(standing, event);
  return {
    document: documentOf(
      standing,
      bill,
      pastDueBefore(bill, [...before, bill, ...creditOn(bill, events[at + 1])]),
      reversedOn(bill, events.slice(at + 1)),
    ),
    sealedName: standing.sealedName,
  };
}

function follow(standing: Standing, event: AccountEvent): void {
  if (event.type === 'AccountOpened') {
    standing.payBillNumber = event.data.payBillNumber;
    standing.digits = digitsOfStored(event.data.currency);
  }
  if (event.type === 'PayBillNumberChanged') standing.payBillNumber = event.data.payBillNumber;
  if (event.type === 'ContactChanged') standing.sealedName = event.data.contact.name;
  if (!movesMoney(event)) return;
  const movements = movementsOf(event);
  const amount = openChange(movements) - creditChange(movements);
  standing.balance += amount;
  if (event.type === 'BillIssued' && !event.data.transferredFrom) {
    const { billNumber, issuedOn } = event.data;
    standing.previous = { billNumber, issuedOn, balance: standing.balance };
    standing.activity = [];
  } else if (amount !== 0n) {
    standing.activity.push({ told: { on: event.data.effectiveAt.slice(0, 10), ...toldOf(event) }, amount });
  }
}

/** How a bill tells what changed the balance by itself; what only lays money elsewhere changes it by nothing. */
function toldOf(event: AccountEvent): Pick<Activity, 'kind' | 'channel' | 'reason' | 'reference'> {
  switch (event.type) {
    case 'PaymentApplied':
      return { kind: 'payment', channel: event.data.channel, reference: event.data.confirmationNumber };
    case 'DebtWrittenOff':
      return { kind: 'write-off', reason: event.data.reason };
    case 'DebtReinstated':
      return { kind: 'reinstated-debt', reason: event.data.reason };
    case 'LateFeeAssessed':
      return { kind: 'late-fee', reference: event.data.billNumber };
    case 'PaymentReturned':
      return { kind: 'returned-payment', reason: event.data.reason };
    case 'PaymentReinstated':
      return { kind: 'reinstated-payment', reason: event.data.reason };
    case 'PaymentRefunded':
      return { kind: 'refund', reason: event.data.reason };
    case 'BillIssued':
      return { kind: 'transfer', reason: 'debt from another account', reference: event.data.billNumber };
    case 'CreditTransferred':
      return { kind: 'transfer', reason: 'credit to another account' };
    case 'CreditIssued':
      if (event.data.transferredTo) return { kind: 'transfer', reason: 'debt to another account' };
      if (event.data.transferredFrom) return { kind: 'transfer', reason: 'credit from another account' };
      return { kind: 'credit', reason: event.data.reason };
    case 'ChargeReversed':
      return { kind: 'reversal', reason: event.data.reason, reference: event.data.billNumber };
    default:
      throw new Error(`${event.type} changes a balance, and no bill says how`);
  }
}

/** The credit that went onto a bill with it, in one append: it was kept for no earlier bill. */
function creditOn({ metadata }: Recorded<AccountEvent>, next: Recorded<AccountEvent> | undefined): AccountEvent[] {
  return next?.type === 'CreditApplied' && next.metadata.commandId === metadata.commandId ? [next] : [];
}

function documentOf(
  standing: Standing,
  { data }: BillIssued,
  pastDue: bigint,
  reversed: string | undefined,
): IssuedBill['document'] {
  const { digits, previous, activity, balance } = standing;
  const text = (minor: bigint) => formatMinor(minor, digits);
  const minor = (amount: string) => parseMinor(amount, digits);
  const taxes = taxesOf(data, digits);
  const due = balance + minor(data.total.amount);
  const changes: Partial<Record<Activity['kind'], bigint>> = {};
  for (const { told, amount } of activity) changes[told.kind] = (changes[told.kind] ?? 0n) + amount;
  return {
    payBillNumber: standing.payBillNumber,
    billNumber: data.billNumber,
    issuedOn: data.issuedOn,
    dueOn: data.dueOn,
    period: data.period,
    currency: data.total.currency,
    previous: previous && { billNumber: previous.billNumber, issuedOn: previous.issuedOn },
    previousBalance: text(previous?.balance ?? 0n),
    activity: activity.map(({ told, amount }) => ({ ...told, amount: text(amount) })),
    changes: Object.fromEntries(Object.entries(changes).map(([kind, amount]) => [kind, text(amount)])),
    lines: data.lines.map(({ service, description, quantity, unitPrice, discounts, net }) => {
      return { service, description, quantity, unitPrice, discounts, net };
    }),
    charges: text(data.lines.reduce((sum, { net }) => sum + minor(net), 0n)),
    taxes,
    taxTotal: text(taxes.reduce((sum, { amount }) => sum + minor(amount), 0n)),
    total: data.total.amount,
    amountDue: text(due),
    pastDue: text(pastDue < due ? pastDue : due > 0n ? due : 0n),
    reversedOn: reversed,
  };
}

/**
 * What of earlier bills the customer is asked to pay now: what was due before the day of the bill and may be collected on it,
 * so nothing that is in dispute (12 CFR 1026.13(d)), that an arrangement has put off or that credit is kept for.
 * @param events up to the bill, with the credit that went onto it
 */
function pastDueBefore({ data: bill }: BillIssued, events: readonly AccountEvent[]): bigint {
  const state = events.reduce((next, event) => account.evolve(next, event), account.initialState);
  let pastDue = 0n;
  for (const { billNumber, dueOn } of state.openBills) {
    if (dueOn >= bill.issuedOn || billNumber === bill.billNumber) continue;
    const { collectible, debited } = collectibleOf(state, billNumber, bill.issuedOn);
    pastDue += collectible + debited;
  }
  return pastDue;
}

/** The taxes of all lines, those of one jurisdiction at one rate together, in the order they first come. */
function taxesOf({ lines }: BillIssued['data'], digits: number): BilledTax[] {
  const taxes = new Map<string, { jurisdiction: string; rate: string; minor: bigint }>();
  for (const { jurisdiction, rate, amount } of lines.flatMap((line) => line.taxes)) {
    const key = `${rate} ${jurisdiction}`;
    const before = taxes.get(key)?.minor ?? 0n;
    taxes.set(key, { jurisdiction, rate, minor: before + parseMinor(amount, digits) });
  }
  return [...taxes.values()].map(({ minor, ...tax }) => ({ ...tax, amount: formatMinor(minor, digits) }));
}

/** The day the last of a bill was reversed; undefined while something of it stands, and of a bill over nothing. */
function reversedOn({ data }: BillIssued, later: readonly AccountEvent[]): string | undefined {
  const digits = digitsOfStored(data.total.currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  let left = minor(data.total.amount);
  for (const event of later) {
    if (event.type !== 'ChargeReversed' || event.data.billNumber !== data.billNumber || event.data.lateFee) continue;
    left -= minor(event.data.amount.amount);
    if (left === 0n) return event.data.effectiveAt.slice(0, 10);
  }
  return undefined;
}
