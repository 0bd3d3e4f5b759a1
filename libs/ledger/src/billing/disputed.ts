import { parseMinor } from '../money/minor-units.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, type Bill, type Dispute, type Line, reversibleOf } from './account-state.js';

/*
 * What of the account's bills is in dispute. A dispute lies on lines, so that a line's reversal takes it along; what it keeps
 * out of dunning is reckoned by bill: of a bill with 50.00 in dispute of which everything but 50.00 is paid, nothing is due,
 * on whichever of its lines the payments lie.
 */

type Data<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

/** What of one line is in dispute. */
export function disputedOnLine({ disputes }: AccountState, billNumber: string, lineId: string): bigint {
  let sum = 0n;
  for (const { shares } of disputes) {
    for (const share of shares) if (share.billNumber === billNumber && share.lineId === lineId) sum += share.amount;
  }
  return sum;
}

/** What of a bill's open amount is in dispute. */
export function disputedOf({ disputes }: AccountState, { billNumber, open }: Bill): bigint {
  let sum = 0n;
  for (const { shares } of disputes) {
    for (const share of shares) if (share.billNumber === billNumber) sum += share.amount;
  }
  return least(sum, open);
}

interface Settled {
  readonly disputeId: string;
  readonly amount: bigint;
}

/**
 * What a reversal of an amount of a line settles of the disputes on it: of the one it is granted for the whole amount, as far as
 * that is in dispute; of others, the first opened first, as much as would be more than what is left of the line.
 */
export function disputesSettledBy(
  state: AccountState,
  { billNumber, line, amount }: { readonly billNumber: string; readonly line: Line; readonly amount: bigint },
  grantedFor: string | undefined,
): Settled[] {
  if (state.disputes.length === 0) return [];
  const { lineId } = line;
  const onLine = state.disputes.flatMap(({ disputeId, shares }) =>
    shares.flatMap((share) =>
      share.billNumber === billNumber && share.lineId === lineId ? [{ disputeId, amount: share.amount }] : [],
    ),
  );
  const inDispute = onLine.reduce((sum, share) => sum + share.amount, 0n);
  const own = onLine.find(({ disputeId }) => disputeId === grantedFor);
  const granted = own ? least(own.amount, amount) : 0n;
  let excess = inDispute - granted - (reversibleOf(line) - amount);
  const settled = own ? [{ ...own, amount: granted }] : [];
  for (const share of onLine) {
    if (excess <= 0n) break;
    if (share === own) continue;
    const part = least(share.amount, excess);
    settled.push({ ...share, amount: part });
    excess -= part;
  }
  return settled;
}

export function disputeOpened({ disputeId, subject, amount, shares }: Data<'DisputeOpened'>, digits: number): Dispute {
  return {
    disputeId,
    paymentId: subject.kind === 'payment' ? subject.paymentId : undefined,
    amount: parseMinor(amount.amount, digits),
    shares: shares.map(({ billNumber, lineId, amount: of }) => ({
      billNumber,
      lineId,
      amount: parseMinor(of, digits),
    })),
  };
}

/** The open disputes after a reversal. */
export function disputesSettled(
  { disputes, digits }: AccountState,
  { billNumber, lineId, disputes: settled = [] }: Data<'ChargeReversed'>,
): AccountState['disputes'] {
  if (settled.length === 0) return disputes;
  return disputes.map((dispute) => {
    const off = settled.find(({ disputeId }) => disputeId === dispute.disputeId);
    if (!off) return dispute;
    const amount = parseMinor(off.amount, digits);
    const shares = dispute.shares.map((share) =>
      share.billNumber === billNumber && share.lineId === lineId ? { ...share, amount: share.amount - amount } : share,
    );
    if (shares.some((share) => share.amount < 0n)) {
      throw new Error(`history is broken: more is settled of dispute ${dispute.disputeId} than was disputed`);
    }
    return { ...dispute, amount: dispute.amount - amount, shares: shares.filter((share) => share.amount > 0n) };
  });
}

/** Open disputes and respites after one was resolved. Respites that are over are let go. */
export function disputeResolved(
  { disputes, respites, digits }: AccountState,
  { disputeId, released, payableBy, effectiveAt }: Data<'DisputeResolved'>,
): Pick<AccountState, 'disputes' | 'respites'> {
  const today = effectiveAt.slice(0, 10);
  const bills = new Map<string, bigint>();
  for (const { billNumber, amount } of released) {
    bills.set(billNumber, (bills.get(billNumber) ?? 0n) + parseMinor(amount, digits));
  }
  const granted =
    payableBy === undefined ? [] : [...bills].map(([billNumber, amount]) => ({ billNumber, amount, until: payableBy }));
  return {
    disputes: disputes.filter((dispute) => dispute.disputeId !== disputeId),
    respites: [...respites.filter(({ until }) => until >= today), ...granted],
  };
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
