import { type AccountState, type Bill, openOf } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { heldBill } from '../billing/money-moves.js';
import { daysBetween } from '../billing-run/cycle.js';

/** A bill that was due before a day and of which something is pursued. Amounts are minor units. */
export interface PastDueBill {
  readonly bill: Bill;
  /** One on the day after the due day. */
  readonly daysPastDue: number;
  /** What is open, not in dispute, not under an arrangement and not covered by credit. */
  readonly pursued: bigint;
  /** What credit of the account covers of it. */
  readonly covered: bigint;
  /** The same without late fees: what a late fee is reckoned on. */
  readonly overdue: bigint;
}

/** The bills of an account that are past due on a day, the first due first. */
export function pastDueBills(state: AccountState, on: string): PastDueBill[] {
  return state.openBills.flatMap(({ billNumber, dueOn }) => {
    if (dueOn >= on) return [];
    const bill = heldBill(state, billNumber);
    const { collectible: pursued, covered } = collectibleOf(state, billNumber, on);
    if (pursued <= 0n) return [];
    const fees = bill.lines.reduce((sum, line) => (line.isLateFee ? sum + openOf(line) : sum), 0n);
    // What is excepted or covered may be the fee: then more is spared than has to be, and never less.
    const overdue = pursued > fees ? pursued - fees : 0n;
    return [{ bill, daysPastDue: daysBetween(dueOn, on), pursued, covered, overdue }];
  });
}
