import { autopayEvents } from '../autopay/autopay-events.js';
import { type AutopayEvent } from '../autopay/autopay.js';
import { minorUnitDigits } from '../money/currency.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { type AccountEvent, CUSTOMER_SERVICE } from '../billing/account-events.js';

/** How an event changes one line of one bill, in minor units. */
export interface LineMovement {
  readonly billNumber: string;
  readonly lineId: string;
  readonly paid: bigint;
  readonly reversed: bigint;
  readonly writtenOff: bigint;
}

/** How an event changes the money of one source: what of it lies on bills, and what is held as credit. */
export interface SourceMovement {
  readonly sourceId: string;
  readonly sourceKind: 'payment' | 'credit';
  readonly applied: bigint;
  readonly unapplied: bigint;
}

/**
 * What an event moves inside its account. Balance, bills and payments are all folded from this one reading of the
 * events, so that they cannot disagree: open is charged − paid − reversed − written off over the lines, credit is unapplied over the
 * sources.
 */
export interface Movements {
  readonly currency: string;
  readonly digits: number;
  /** New debt: the total of a bill, or a fee that is added to one. */
  readonly charged: bigint;
  readonly lines: readonly LineMovement[];
  readonly sources: readonly SourceMovement[];
}

const STILL = [
  ...(Object.keys(autopayEvents) as AutopayEvent['type'][]),
  ...CUSTOMER_SERVICE,
  'AccountOpened',
  'PaymentFailed',
  'DunningStepTaken',
  'ServiceSuspended',
  'ServiceRestored',
  'PaymentsHeld',
  'PaymentsReleased',
  'BillDeliveryChanged',
  'ContactChanged',
  'NotificationPreferencesChanged',
  'PayBillNumberChanged',
  'AccountTransferred',
  'AccountClosed',
] as const satisfies readonly AccountEvent['type'][];
const still: ReadonlySet<AccountEvent['type']> = new Set(STILL);

type MoneyEvent = Exclude<AccountEvent, { type: (typeof STILL)[number] }>;
interface Laid {
  readonly billNumber: string;
  readonly lineId: string;
  readonly amount: string;
}

/** Whether an event moves money; the others open, close or hold the account, or are about its customer. */
export function movesMoney<Event extends AccountEvent>(event: Event): event is Event & MoneyEvent {
  return !still.has(event.type);
}

/** Throws when the currency is none: the log is broken. */
export function digitsOfStored(currency: string): number {
  const digits = minorUnitDigits(currency);
  if (digits === undefined) throw new Error(`${currency} is not a currency`);
  return digits;
}

/** Throws when the amount is finer than the minor unit or no currency is known by that code: the log is broken. */
export function movementsOf(event: MoneyEvent): Movements {
  const money = event.type === 'BillIssued' ? event.data.total : event.data.amount;
  const { currency } = money;
  const digits = digitsOfStored(currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  const nothingNew = { currency, digits, charged: 0n };
  switch (event.type) {
    case 'BillIssued':
    case 'LateFeeAssessed':
      return { ...nothingNew, charged: minor(money.amount), lines: [], sources: [] };
    case 'PaymentApplied':
    case 'CreditIssued': {
      const lines = laid(event.data.allocations, minor, 1n);
      const source = event.type === 'PaymentApplied' ? payment(event.data.paymentId) : credit(event.data.creditId);
      return {
        ...nothingNew,
        lines,
        sources: [{ ...source, applied: paidOn(lines), unapplied: minor(event.data.unapplied) }],
      };
    }
    case 'DebtWrittenOff':
    case 'DebtReinstated': {
      const sign = event.type === 'DebtWrittenOff' ? 1n : -1n;
      const lines = event.data.lines.map(({ billNumber, lineId, amount }) => {
        return { billNumber, lineId, paid: 0n, reversed: 0n, writtenOff: sign * minor(amount) };
      });
      return { ...nothingNew, lines, sources: [] };
    }
    case 'PaymentUnapplied': {
      const lines = laid(event.data.released, minor, -1n);
      const applied = paidOn(lines);
      return { ...nothingNew, lines, sources: [{ ...payment(event.data.paymentId), applied, unapplied: -applied }] };
    }
    case 'PaymentReturned': {
      const lines = laid(event.data.released, minor, -1n);
      const unapplied = -minor(event.data.unappliedRemoved);
      return {
        ...nothingNew,
        lines,
        sources: [{ ...payment(event.data.paymentId), applied: paidOn(lines), unapplied }],
      };
    }
    case 'PaymentReinstated': {
      const lines = laid(event.data.allocations, minor, 1n);
      const source = { ...payment(event.data.paymentId), applied: paidOn(lines) };
      return { ...nothingNew, lines, sources: [{ ...source, unapplied: minor(event.data.unapplied) }] };
    }
    case 'PaymentRefunded': {
      const source = { ...payment(event.data.paymentId), applied: 0n, unapplied: -minor(money.amount) };
      return { ...nothingNew, lines: [], sources: [source] };
    }
    case 'CreditTransferred': {
      const sources = event.data.taken.map(({ amount, ...source }) => ({
        ...source,
        applied: 0n,
        unapplied: -minor(amount),
      }));
      return { ...nothingNew, lines: [], sources };
    }
    case 'ChargeReversed': {
      const { billNumber, lineId, released } = event.data;
      const reversal = { billNumber, lineId, paid: 0n, reversed: minor(money.amount), writtenOff: 0n };
      return { ...nothingNew, lines: [reversal, ...laid(released, minor, -1n)], sources: moved(released, minor, -1n) };
    }
    case 'CreditApplied': {
      const { allocations } = event.data;
      return { ...nothingNew, lines: laid(allocations, minor, 1n), sources: moved(allocations, minor, 1n) };
    }
  }
}

/** How an event changes one amount of a bill, in minor units. */
export interface BillChange {
  readonly billNumber: string;
  readonly change: bigint;
}

/** What an event changes of charged − paid − reversed − written off on each bill it touches, once for each. */
export function billChanges(event: AccountEvent, movements: Movements): BillChange[] {
  if (event.type === 'BillIssued' || event.type === 'LateFeeAssessed')
    return [{ billNumber: event.data.billNumber, change: movements.charged }];
  const changes = new Map<string, bigint>();
  for (const { billNumber, paid, reversed, writtenOff } of movements.lines) {
    changes.set(billNumber, (changes.get(billNumber) ?? 0n) - paid - reversed - writtenOff);
  }
  return [...changes].map(([billNumber, change]) => ({ billNumber, change }));
}

/** What an event changes of what is in dispute on each bill it touches, once for each. */
export function disputeChanges(event: AccountEvent): BillChange[] {
  switch (event.type) {
    case 'DisputeOpened':
      return summed(event.data.shares, event.data.amount.currency, 1n);
    case 'DisputeResolved':
      return summed(event.data.released, event.data.granted.currency, -1n);
    case 'ChargeReversed': {
      const { billNumber, amount, disputes = [] } = event.data;
      const settled = disputes.map((dispute) => ({ billNumber, amount: dispute.amount }));
      return summed(settled, amount.currency, -1n);
    }
    default:
      return [];
  }
}

function summed(shares: readonly Pick<Laid, 'billNumber' | 'amount'>[], currency: string, sign: bigint): BillChange[] {
  if (shares.length === 0) return [];
  const digits = digitsOfStored(currency);
  const changes = new Map<string, bigint>();
  for (const { billNumber, amount } of shares) {
    changes.set(billNumber, (changes.get(billNumber) ?? 0n) + sign * parseMinor(amount, digits));
  }
  return [...changes].map(([billNumber, change]) => ({ billNumber, change }));
}

/** The change of what is open on the account's bills. */
export function openChange({ charged, lines }: Movements): bigint {
  return lines.reduce((open, line) => open - line.paid - line.reversed - line.writtenOff, charged);
}

/** The change of what is held as credit. */
export function creditChange({ sources }: Movements): bigint {
  return sources.reduce((sum, { unapplied }) => sum + unapplied, 0n);
}

/** Minor units as they are stored in a numeric column. */
export function stored(minor: bigint, digits: number): string {
  return formatMinor(minor, digits);
}

const payment = (sourceId: string) => ({ sourceId, sourceKind: 'payment' }) as const;
const credit = (sourceId: string) => ({ sourceId, sourceKind: 'credit' }) as const;

function laid(allocations: readonly Laid[], minor: (amount: string) => bigint, sign: bigint): LineMovement[] {
  return allocations.map(({ billNumber, lineId, amount }) => ({
    billNumber,
    lineId,
    paid: sign * minor(amount),
    reversed: 0n,
    writtenOff: 0n,
  }));
}

/** Money laid on lines (+) comes out of what its source holds as credit, and goes back there (−). */
function moved(
  allocations: readonly (Laid & Pick<SourceMovement, 'sourceId' | 'sourceKind'>)[],
  minor: (amount: string) => bigint,
  sign: bigint,
): SourceMovement[] {
  return allocations.map(({ sourceId, sourceKind, amount }) => {
    const applied = sign * minor(amount);
    return { sourceId, sourceKind, applied, unapplied: -applied };
  });
}

function paidOn(lines: readonly LineMovement[]): bigint {
  return lines.reduce((sum, { paid }) => sum + paid, 0n);
}
