import { type Recorded } from '#libs/event-sourcing';
import { type AccountEvent } from '#libs/ledger';

/*
 * What an account came to at two moments, folded by hand: the obvious and slow way, straight from what the events say, sharing
 * nothing with how the ledger does it. Amounts are minor units.
 */

interface BillByHand {
  counts: boolean;
  /** Charged − paid − reversed − written off. */
  net: bigint;
  dueOn: string;
  /** What of it was said to be in dispute, less what was said not to be any more. */
  disputed: bigint;
}

/** An account by hand. */
export interface HandFold {
  readonly parts: Record<
    'billed' | 'paid' | 'returned' | 'refunded' | 'claimed' | 'adjusted' | 'writtenOff' | 'reinstated',
    bigint
  >;
  readonly balance: bigint;
  readonly open: bigint;
  readonly credit: bigint;
  /** Of bills with something open, by number. */
  readonly openBills: Record<string, bigint>;
  readonly pastDue: bigint;
  readonly disputed: bigint;
  /** By account of the books, debit positive; those at zero are left out. */
  readonly receivable: bigint;
  readonly unapplied: bigint;
  readonly events: number;
}

interface When {
  readonly effectiveAt?: string | undefined;
  readonly recordedAt?: string | undefined;
}

/** Up to a day, its end in UTC included; or up to an instant. Both are texts that sort as they follow each other. */
function isUpTo(instant: string, moment: string | undefined): boolean {
  if (moment === undefined) return true;
  return moment.length === 10 ? instant.slice(0, 10) <= moment : instant <= moment;
}

export function countsByHand(event: Recorded<AccountEvent>, { effectiveAt, recordedAt }: When): boolean {
  return isUpTo(event.data.effectiveAt, effectiveAt) && isUpTo(event.metadata.recordedAt, recordedAt);
}

/** Folds the events of one account that count. @param on the day past due is reckoned from */
export function byHand(log: readonly Recorded<AccountEvent>[], when: When, on: string, digits: number): HandFold {
  const minor = (amount: string) => BigInt(Math.round(Number(amount) * 10 ** digits));
  const bills = new Map<string, BillByHand>();
  const bill = (billNumber: string) => {
    if (!bills.has(billNumber)) bills.set(billNumber, { counts: false, net: 0n, dueOn: '', disputed: 0n });
    return bills.get(billNumber)!;
  };
  const nothing = { billed: 0n, paid: 0n, returned: 0n, refunded: 0n, claimed: 0n, adjusted: 0n };
  const parts = { ...nothing, writtenOff: 0n, reinstated: 0n };
  let unapplied = 0n;
  const counted = log.filter((event) => countsByHand(event, when));
  for (const { type, data } of counted) {
    switch (type) {
      case 'BillIssued':
        // What came over from another account was billed there.
        if (data.transferredFrom) parts.adjusted += minor(data.total.amount);
        else parts.billed += minor(data.total.amount);
        bill(data.billNumber).net += minor(data.total.amount);
        bill(data.billNumber).counts = true;
        bill(data.billNumber).dueOn = data.dueOn;
        break;
      case 'DebtWrittenOff':
        parts.writtenOff += minor(data.amount.amount);
        for (const line of data.lines) bill(line.billNumber).net -= minor(line.amount);
        break;
      case 'DebtReinstated':
        parts.reinstated += minor(data.amount.amount);
        for (const line of data.lines) bill(line.billNumber).net += minor(line.amount);
        break;
      case 'LateFeeAssessed':
        parts.billed += minor(data.amount.amount);
        bill(data.billNumber).net += minor(data.amount.amount);
        break;
      case 'PaymentApplied':
      case 'CreditIssued':
        if (type === 'PaymentApplied') parts.paid += minor(data.amount.amount);
        else parts.adjusted -= minor(data.amount.amount);
        unapplied += minor(data.unapplied);
        for (const share of data.allocations) bill(share.billNumber).net -= minor(share.amount);
        break;
      case 'CreditApplied':
        unapplied -= minor(data.amount.amount);
        for (const share of data.allocations) bill(share.billNumber).net -= minor(share.amount);
        break;
      case 'CreditTransferred':
        parts.adjusted += minor(data.amount.amount);
        unapplied -= minor(data.amount.amount);
        break;
      case 'PaymentUnapplied':
        unapplied += minor(data.amount.amount);
        for (const share of data.released) bill(share.billNumber).net += minor(share.amount);
        break;
      case 'PaymentReturned':
        parts.returned += minor(data.amount.amount);
        parts.claimed += minor(data.alreadyRefunded ?? '0');
        unapplied -= minor(data.unappliedRemoved);
        for (const share of data.released) bill(share.billNumber).net += minor(share.amount);
        break;
      case 'PaymentReinstated':
        parts.returned -= minor(data.amount.amount);
        parts.claimed -= minor(data.claimSettled ?? '0');
        unapplied += minor(data.unapplied);
        for (const share of data.allocations) bill(share.billNumber).net -= minor(share.amount);
        break;
      case 'PaymentRefunded':
        parts.refunded += minor(data.amount.amount);
        unapplied -= minor(data.amount.amount);
        break;
      case 'ChargeReversed':
        parts.adjusted -= minor(data.amount.amount);
        bill(data.billNumber).net -= minor(data.amount.amount);
        for (const { amount } of data.disputes ?? []) bill(data.billNumber).disputed -= minor(amount);
        for (const share of data.released) {
          bill(share.billNumber).net += minor(share.amount);
          unapplied += minor(share.amount);
        }
        break;
      case 'DisputeOpened':
        for (const share of data.shares) bill(share.billNumber).disputed += minor(share.amount);
        break;
      case 'DisputeResolved':
        for (const share of data.released) bill(share.billNumber).disputed -= minor(share.amount);
        break;
      default:
        break;
    }
  }
  const all = [...bills.values()];
  const sum = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const openBills = [...bills].filter(([, { counts, net }]) => counts && net > 0n);
  const open = sum(openBills.map(([, { net }]) => net));
  const inDispute = ({ net, disputed }: BillByHand) => (disputed < 0n ? 0n : disputed < net ? disputed : net);
  const given = parts.billed - parts.paid + parts.returned + parts.refunded - parts.claimed + parts.adjusted;
  const balance = given - parts.writtenOff + parts.reinstated;
  return {
    parts,
    balance,
    open,
    credit: open - balance,
    openBills: Object.fromEntries(openBills.map(([billNumber, { net }]) => [billNumber, net])),
    pastDue: sum(openBills.flatMap(([, one]) => (one.dueOn < on ? [one.net - inDispute(one)] : []))),
    disputed: sum(openBills.map(([, one]) => inDispute(one))),
    receivable: sum(all.map(({ net }) => net)),
    unapplied,
    events: counted.length,
  };
}
