import { type AccountState } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { parseMinor } from '../money/minor-units.js';
import { type DunningTerms } from './collection-policy.js';
import { pastDueBills } from './past-due.js';

/** Whether so much past due, with what is written off, is so little that nobody's service is suspended for it, or stays so. */
export function isRestored(state: AccountState, pursued: bigint, dunning: DunningTerms | undefined): boolean {
  // Debt is not paid by being written off.
  return pursued + state.writtenOff <= parseMinor(dunning?.restoreAtMost ?? '0', state.digits);
}

/**
 * Why service is given back on a day: `paid`, or `reversed` where the bills it was suspended for were taken back and nobody paid
 * anything. Where they are open, what the most of it is kept out of collections by: `arrangement`, `disputed`, `covered-by-credit`
 * or `autopay-debit`.
 */
export function restoredBecause(state: AccountState, on: string, dunning: DunningTerms | undefined): string {
  const due = state.openBills.filter(({ dueOn }) => dueOn < on);
  const parts = due.map(({ billNumber }) => collectibleOf(state, billNumber, on));
  const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n);
  const open = sum(parts.map((part) => part.open));
  if (isRestored(state, open, dunning)) return isReversed(state) ? 'reversed' : 'paid';
  const pursued = sum(pastDueBills(state, on).map((bill) => bill.pursued));
  const kept = {
    arrangement: sum(parts.map(({ arranged }) => arranged)),
    disputed: sum(parts.map(({ disputed }) => disputed)),
    'covered-by-credit': sum(parts.map(({ covered }) => covered)),
    'autopay-debit': sum(parts.map(({ debited, collectible }) => debited + collectible)) - pursued,
  };
  return Object.entries(kept).reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** Whether nothing was paid on the bills that service was suspended for, and nothing of them is left. */
function isReversed({ bills, dunningRound }: AccountState): boolean {
  const cause = [...bills.values()].filter(({ dunned }) =>
    dunned.some(({ kind, round }) => kind === 'suspension' && round === dunningRound),
  );
  return cause.length > 0 && cause.every(({ open, lines }) => open === 0n && lines.every(({ paid }) => paid === 0n));
}
