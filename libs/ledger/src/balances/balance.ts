import { isAutopayEvent } from '../autopay/autopay.js';
import { type AccountEvent } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { creditChange, digitsOfStored, type Movements, openChange } from './movements.js';

/** What an account owes and why, in minor units. */
export interface Balance {
  readonly currency: string;
  readonly digits: number;
  readonly closed: boolean;
  readonly billed: bigint;
  readonly paid: bigint;
  readonly returned: bigint;
  /** What of payments was paid back to the payers. */
  readonly refunded: bigint;
  /** What was returned after it had been refunded: a claim on the payer that is on no bill and so in no balance. */
  readonly claimed: bigint;
  /** Reversals, credits, and what moved to another account or came from one: what was taken off is negative. */
  readonly adjusted: bigint;
  /** Debt that was written off, and what of it is on the books again. */
  readonly writtenOff: bigint;
  readonly reinstated: bigint;
  /** What stands open on bills. */
  readonly open: bigint;
  /** Money received or granted that no bill has taken. */
  readonly credit: bigint;
}

/** What a balance consists of: the amounts that add up to it, each with its sign in {@link sumOfParts}. */
export const PARTS = [
  'billed',
  'paid',
  'returned',
  'refunded',
  'claimed',
  'adjusted',
  'writtenOff',
  'reinstated',
] as const;
export type Part = (typeof PARTS)[number];

/** Billed − paid + returned + refunded − claimed + adjusted − written off + reinstated: what is owed for them. */
export function sumOfParts(parts: Readonly<Record<Part, bigint>>): bigint {
  const { billed, paid, returned, refunded, claimed, adjusted, writtenOff, reinstated } = parts;
  return billed - paid + returned + refunded - claimed + adjusted - writtenOff + reinstated;
}

/** Open − credit: what the customer owes (+) or has to their good (−). */
export function owed({ open, credit }: Pick<Balance, 'open' | 'credit'>): bigint {
  return open - credit;
}

/** Carries an account's balance over one event. Throws, saying why, for an event that cannot follow. */
export function nextBalance(
  before: Balance | undefined,
  event: AccountEvent,
  movements: Movements | undefined,
): Balance {
  if (event.type === 'AccountOpened') {
    if (before) throw new Error('the account is opened twice');
    const { currency } = event.data;
    const nothing = {
      billed: 0n,
      paid: 0n,
      returned: 0n,
      refunded: 0n,
      claimed: 0n,
      adjusted: 0n,
      writtenOff: 0n,
      reinstated: 0n,
      open: 0n,
      credit: 0n,
    };
    return { currency, digits: digitsOfStored(currency), closed: false, ...nothing };
  }
  if (!before) throw new Error('the account was never opened');
  if (!movements) {
    const closes = event.type === 'AccountClosed' || event.type === 'AccountTransferred';
    return closes ? { ...before, closed: true } : before;
  }
  if (movements.currency !== before.currency) {
    throw new Error(`the event is in ${movements.currency} and the account in ${before.currency}`);
  }
  const after = {
    ...before,
    ...totals(before, event),
    open: before.open + openChange(movements),
    credit: before.credit + creditChange(movements),
  };
  if (after.open < 0n || after.credit < 0n) throw new Error('the event moves more money than there is');
  if (owed(after) !== sumOfParts(after)) throw new Error('the parts of the event do not add up to its amount');
  return after;
}

function totals(before: Balance, event: AccountEvent): Partial<Balance> {
  const minor = ({ amount }: { readonly amount: string }) => parseMinor(amount, before.digits);
  if (isAutopayEvent(event)) return {};
  switch (event.type) {
    case 'BillIssued':
      // What came over was billed on the other account; here it is no new charge.
      return event.data.transferredFrom
        ? { adjusted: before.adjusted + minor(event.data.total) }
        : { billed: before.billed + minor(event.data.total) };
    case 'CreditTransferred':
      return { adjusted: before.adjusted + minor(event.data.amount) };
    case 'DebtWrittenOff':
      return { writtenOff: before.writtenOff + minor(event.data.amount) };
    case 'DebtReinstated':
      return { reinstated: before.reinstated + minor(event.data.amount) };
    case 'LateFeeAssessed':
      return { billed: before.billed + minor(event.data.amount) };
    case 'PaymentApplied':
      return { paid: before.paid + minor(event.data.amount) };
    case 'PaymentReturned': {
      const claim = minor({ amount: event.data.alreadyRefunded ?? '0' });
      return { returned: before.returned + minor(event.data.amount), claimed: before.claimed + claim };
    }
    case 'PaymentReinstated': {
      const claim = minor({ amount: event.data.claimSettled ?? '0' });
      return { returned: before.returned - minor(event.data.amount), claimed: before.claimed - claim };
    }
    case 'PaymentRefunded':
      return { refunded: before.refunded + minor(event.data.amount) };
    case 'ChargeReversed':
    case 'CreditIssued':
      return { adjusted: before.adjusted - minor(event.data.amount) };
    case 'AccountOpened':
    case 'AccountClosed':
    case 'PaymentFailed':
    case 'PaymentUnapplied':
    case 'DunningStepTaken':
    case 'ServiceSuspended':
    case 'ServiceRestored':
    case 'PaymentsHeld':
    case 'PaymentsReleased':
    case 'DisputeOpened':
    case 'DisputeResolved':
    case 'AdjustmentProposed':
    case 'AdjustmentApproved':
    case 'AdjustmentRefused':
    case 'BillDeliveryChanged':
    case 'ArrangementAgreed':
    case 'InstalmentKept':
    case 'ArrangementBroken':
    case 'ArrangementCompleted':
    case 'ArrangementCancelled':
    case 'CreditApplied':
    case 'ContactChanged':
    case 'NotificationPreferencesChanged':
    case 'PayBillNumberChanged':
    case 'AccountTransferred':
      return {};
  }
}
