import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { startOf } from '../billing/command-fields.js';
import { exact, exactOfMinor, percentOf, roundHalfUp } from '../money/decimal.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { type CollectionPolicyVersion, type LateFeeTerms } from './collection-policy.js';
import { type PastDueBill } from './past-due.js';

/**
 * The late fee on so much that is overdue, in minor units: fixed, a percentage rounded half up, or the greater of both, and no
 * more than the cap. Simple: it is a fee for being late and grows no further (52 Pa. Code §56.22).
 * @param overdue minor units of a currency with so many `digits`
 */
export function lateFeeOn(overdue: bigint, { charge, atMost, leastOverdue }: LateFeeTerms, digits: number): bigint {
  if (overdue <= 0n || overdue < parseMinor(leastOverdue, digits)) return 0n;
  const fixed = charge.kind === 'percent' ? 0n : parseMinor(charge.amount, digits);
  const share =
    charge.kind === 'fixed' ? 0n : roundHalfUp(percentOf(exactOfMinor(overdue, digits), exact(charge.percent)), digits);
  const fee = fixed > share ? fixed : share;
  const cap = atMost === undefined ? fee : parseMinor(atMost, digits);
  return fee < cap ? fee : cap;
}

type LateFeeAssessed = Extract<AccountEvent, { type: 'LateFeeAssessed' }>;

/**
 * The fee that is due on a bill, or undefined. A bill has one in its life, also when that one was waived; and none on what is
 * out of collections, on late fees, in the days of grace, or on an account that is closed.
 * @param on the day it counts from
 */
export function lateFeeDue(
  state: AccountState,
  { bill, daysPastDue, overdue }: PastDueBill,
  { version, lateFee, currency }: CollectionPolicyVersion,
  on: string,
): LateFeeAssessed | undefined {
  if (!lateFee || state.status !== 'open' || state.currency !== currency) return undefined;
  if (daysPastDue <= lateFee.graceDays || bill.hadLateFee) return undefined;
  const fee = lateFeeOn(overdue, lateFee, state.digits);
  if (fee === 0n) return undefined;
  const taken = new Set(bill.lines.map(({ lineId }) => lineId));
  let lineId = 'late-fee';
  for (let next = 2; taken.has(lineId); next++) lineId = `late-fee-${next}`;
  return {
    type: 'LateFeeAssessed',
    data: {
      ...{ billNumber: bill.billNumber, lineId },
      amount: { amount: formatMinor(fee, state.digits), currency },
      overdue: formatMinor(overdue, state.digits),
      policy: version,
      effectiveAt: startOf(on),
    },
  };
}
