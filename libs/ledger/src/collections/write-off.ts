import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type Bill, openOf, type Share } from '../billing/account-state.js';
import { allocateOntoBill, storedShares, sumOf } from '../billing/allocation.js';
import { account } from '../billing/account.js';
import { creditApplied } from '../billing/apply-credit.js';
import { heldBill } from '../billing/money-moves.js';
import { formatMinor } from '../money/minor-units.js';

type Data<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

/** A bill, and what credit of the account covers of it. */
interface Lost {
  readonly bill: Bill;
  readonly covered: bigint;
}

type Why = Pick<Data<'DebtWrittenOff'>, 'writeOffId' | 'reason' | 'policy' | 'paymentId' | 'effectiveAt'>;

/**
 * Writes off what is open on bills. Credit that covers a part of it is laid on it first: what is set off is not lost, and nobody
 * has credit of a biller and a debt that the same biller gave up.
 */
export function writtenOffBills(state: AccountState, lost: readonly Lost[], why: Why): AccountEvent[] {
  const onto = lost.flatMap(({ bill, covered }) => allocateOntoBill(state, covered, bill.billNumber).shares);
  const laid = onto.length === 0 ? [] : [creditApplied(state, onto, why.effectiveAt)];
  const left = laid.reduce<AccountState>((next, event) => account.evolve(next, event), state);
  const shares = lost.flatMap(({ bill }) => openShares(heldBill(left, bill.billNumber)));
  return shares.length === 0 ? [] : [...laid, debtWrittenOff(left, shares, why)];
}

/** All that is open on a bill, line by line. */
function openShares({ billNumber, lines }: Bill): Share[] {
  return lines.flatMap((line) => {
    const amount = openOf(line);
    return amount > 0n ? [{ billNumber, lineId: line.lineId, amount }] : [];
  });
}

export function debtWrittenOff(state: AccountState, shares: readonly Share[], why: Why): AccountEvent {
  return { type: 'DebtWrittenOff', data: { ...sharesIn(state, shares), ...why } };
}

/** The event that puts shares on the books again which are written off. */
export function debtReinstated(
  state: AccountState,
  shares: readonly Share[],
  why: Pick<Data<'DebtReinstated'>, 'reason' | 'paymentId' | 'effectiveAt'>,
): Extract<AccountEvent, { type: 'DebtReinstated' }> {
  return { type: 'DebtReinstated', data: { ...sharesIn(state, shares), ...why } };
}

/** What is written off on the lines of bills, the first due first, at most so much of it. */
export function writtenOffShares(state: AccountState, most: bigint, billNumber?: string): Share[] {
  if (state.writtenOff === 0n) return [];
  const bills = [...state.bills.values()]
    .filter((bill) => billNumber === undefined || bill.billNumber === billNumber)
    .sort((left, right) =>
      left.dueOn < right.dueOn ? -1 : Number(left.dueOn > right.dueOn) || left.sequence - right.sequence,
    );
  const shares: Share[] = [];
  let left = most;
  for (const bill of bills) {
    for (const { lineId, writtenOff } of bill.lines) {
      const amount = writtenOff < left ? writtenOff : left;
      if (amount > 0n) shares.push({ billNumber: bill.billNumber, lineId, amount });
      left -= amount;
    }
  }
  return shares;
}

function sharesIn(state: AccountState, shares: readonly Share[]) {
  const amount = { amount: formatMinor(sumOf(shares), state.digits), currency: state.currency };
  return { amount, lines: storedShares(shares, state.digits) };
}
