import { digitsOfStored, stored } from '../balances/movements.js';
import { parseMinor } from '../money/minor-units.js';
import { type Posting } from './postings.js';

/** Totals of one general-ledger account in one currency, each as a positive amount. */
export interface TrialBalanceRow {
  gl_account: string;
  currency: string;
  debit: string;
  credit: string;
}

/** Adds up postings by account and currency. */
export class Totals {
  readonly #sums = new Map<string, { account: string; currency: string; debit: bigint; credit: bigint }>();

  /** Adds one journal entry. Throws when it does not sum to zero: such an entry must never reach the books. */
  add(postings: readonly Posting[]): void {
    let sum = 0n;
    for (const { account, currency, amount } of postings) {
      const minor = parseMinor(amount, digitsOfStored(currency));
      sum += minor;
      const key = `${currency} ${account}`;
      let total = this.#sums.get(key);
      if (!total) this.#sums.set(key, (total = { account, currency, debit: 0n, credit: 0n }));
      if (minor > 0n) total.debit += minor;
      else total.credit -= minor;
    }
    if (sum !== 0n) throw new Error('the postings of the event do not balance');
  }

  rows(): TrialBalanceRow[] {
    return [...this.#sums.values()].map(({ account, currency, debit, credit }) => {
      const digits = digitsOfStored(currency);
      return { gl_account: account, currency, debit: stored(debit, digits), credit: stored(credit, digits) };
    });
  }
}
