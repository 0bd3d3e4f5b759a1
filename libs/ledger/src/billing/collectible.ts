import { firstDebitOf } from '../autopay/autopay.js';
import { type AccountState, type Arrangement, type Bill, requireBill } from './account-state.js';
import { disputedOf } from './disputed.js';
import { heldBill } from './money-moves.js';

/** What of a bill is open, and how much of that may be collected, in minor units. The other five come to open. */
export interface Collectible {
  readonly open: bigint;
  /** In dispute, or decided for the company so lately that the days to pay are not over. */
  readonly disputed: bigint;
  /** Under an arrangement that stands, and not in dispute. */
  readonly arranged: bigint;
  /** Neither, and at the bank: by its first autopay debit, of which no outcome is known. */
  readonly debited: bigint;
  /** None of that, and the account holds the credit for it. */
  readonly covered: bigint;
  readonly collectible: bigint;
}

/**
 * How much of a bill may be debited, dunned for, bear a late fee or lead to suspension on a day: what is open, not in dispute
 * (12 CFR 1026.13(d); 52 Pa. Code §56.164), not under an arrangement that is kept (CS3), not on its way by autopay (PA6), and not
 * covered by credit that the account holds: money that is there already is not asked for again, whether it was laid on the bill or
 * not. Credit covers what was due first, as it would pay it (52 Pa. Code §56.24). It does not ask whether the bill is due, nor whether the day of an instalment is
 * over: what became of an arrangement is told by `AssessArrangement`.
 * @param on `2026-01-31`
 * @throws Rejected BILL_UNKNOWN
 */
export function collectibleOf(state: AccountState, billNumber: string, on: string): Collectible {
  const bill = requireBill(state, billNumber, 'billNumber');
  const { asked, ...excepted } = askedOf(state, bill, on);
  const covered = least(asked, creditFor(state, billNumber, on));
  return { ...excepted, covered, collectible: asked - covered };
}

/** What of a bill is asked for, be there credit for it or not, and what is not. */
function askedOf(state: AccountState, bill: Bill, on: string) {
  const { billNumber, open } = bill;
  let disputed = disputedOf(state, bill);
  for (const respite of state.respites) {
    if (respite.billNumber === billNumber && on <= respite.until) disputed += respite.amount;
  }
  disputed = least(disputed, open);
  const agreed = state.arrangement?.bills.find((one) => one.billNumber === billNumber)?.amount ?? 0n;
  const arranged = least(agreed, open - disputed);
  const debited = least(firstDebitOf(state.autopay, billNumber, 'at-the-bank'), open - disputed - arranged);
  return { open, disputed, arranged, debited, asked: open - disputed - arranged - debited };
}

/**
 * The credit that is left for an open bill on a day when all that was due before it is covered.
 * @param credit as though the account held only so much
 */
export function creditFor(state: AccountState, billNumber: string, on: string, credit = state.credit): bigint {
  let left = credit;
  for (const before of state.openBills) {
    if (left === 0n || before.billNumber === billNumber) break;
    left -= least(left, askedOf(state, heldBill(state, before.billNumber), on).asked);
  }
  return left;
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
