import { awaitsDebit, firstDebitOf } from '../autopay/autopay.js';
import { type AccountState, type Bill, openOf } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { heldBill } from '../billing/money-moves.js';
import { daysBetween } from '../billing-run/cycle.js';

/** A bill that was due before a day and of which something is pursued. Amounts are minor units. */
export interface PastDueBill {
  readonly bill: Bill;
  /** One on the day after the due day. */
  readonly daysPastDue: number;
  /** What is collectible, and not going to be debited by autopay for the first time. */
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
    const { collectible, covered } = collectibleOf(state, billNumber, on);
    const pursued = collectible - debitAhead(state, bill);
    if (pursued <= 0n) return [];
    const fees = bill.lines.reduce((sum, line) => (line.isLateFee ? sum + openOf(line) : sum), 0n);
    // What is excepted or covered may be the fee: then more is spared than has to be, and never less.
    const overdue = pursued > fees ? pursued - fees : 0n;
    return [{ bill, daysPastDue: daysBetween(dueOn, on), pursued, covered, overdue }];
  });
}

/**
 * What of a bill autopay is going to debit for the first time, also when that is after the due day: for want of the days of notice
 * (12 CFR 1005.10(d)), on a weekend, or because the run is late. All of it while the debit is not announced. Who has left the
 * paying to the biller is not late.
 */
function debitAhead({ autopay, status }: AccountState, bill: Bill): bigint {
  return status === 'open' && awaitsDebit(autopay, bill) ? bill.open : firstDebitOf(autopay, bill.billNumber, 'ahead');
}
