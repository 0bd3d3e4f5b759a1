import { type AccountState, type Arrangement, requireBill } from './account-state.js';
import { disputedOf } from './disputed.js';

/** What of a bill is open, and how much of that may be collected, in minor units. The other three come to open. */
export interface Collectible {
  readonly open: bigint;
  /** In dispute, or decided for the company so lately that the days to pay are not over. */
  readonly disputed: bigint;
  /** Under an arrangement that stands, and not in dispute. */
  readonly arranged: bigint;
  readonly collectible: bigint;
}

/**
 * How much of a bill may be dunned for, bear a late fee or lead to suspension on a day: what is open, not in dispute
 * (12 CFR 1026.13(d); 52 Pa. Code §56.164) and not under an arrangement that is kept (CS3). It does not ask whether the bill is
 * due, nor whether the day of an instalment is over: what became of an arrangement is told by `AssessArrangement`.
 * @param on `2026-01-31`
 * @throws Rejected BILL_UNKNOWN
 */
export function collectibleOf(state: AccountState, billNumber: string, on: string): Collectible {
  const bill = requireBill(state, billNumber, 'billNumber');
  let disputed = disputedOf(state, bill);
  for (const respite of state.respites) {
    if (respite.billNumber === billNumber && on <= respite.until) disputed += respite.amount;
  }
  disputed = least(disputed, bill.open);
  const agreed = state.arrangement?.bills.find((one) => one.billNumber === billNumber)?.amount ?? 0n;
  const arranged = least(agreed, bill.open - disputed);
  return { open: bill.open, disputed, arranged, collectible: bill.open - disputed - arranged };
}

/** What became of the bills of an arrangement since it was agreed on, in minor units. */
interface ArrangementCourse {
  /** What was open then less what is now. What was reversed counts as paid, for it is not owed any more. */
  readonly paid: bigint;
  /** What of the rest is not asked for on the day, because it is in dispute or its days to pay are not over. */
  readonly disputed: bigint;
}

export function courseOfArrangement(state: AccountState, { bills }: Arrangement, on: string): ArrangementCourse {
  let [paid, disputed] = [0n, 0n];
  for (const { billNumber, amount } of bills) {
    const now = collectibleOf(state, billNumber, on);
    const left = least(amount, now.open);
    paid += amount - left;
    disputed += left - least(left, now.open - now.disputed);
  }
  return { paid, disputed };
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
