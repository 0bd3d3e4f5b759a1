import { type ColumnTypes } from '#libs/platform';
import { digitsOfStored, stored } from '../balances/movements.js';
import { parseMinor } from '../money/minor-units.js';
import { type Posting } from './postings.js';

/**
 * What was posted to one general-ledger account in one currency by events that count from one day and were recorded on one
 * day (both in UTC), each side as a positive amount. Summed up over the days up to two others it is the trial balance as of
 * them; over all days, the one that stands.
 */
export interface TrialBalanceRow {
  /** Of the projection: who writes the row. */
  writer: number;
  effective_on: string;
  recorded_on: string;
  gl_account: string;
  currency: string;
  debit: string;
  credit: string;
}

export const TRIAL_BALANCE_COLUMNS: ColumnTypes<TrialBalanceRow> = {
  writer: 'int',
  effective_on: 'date',
  recorded_on: 'date',
  gl_account: 'text',
  currency: 'text',
  debit: 'numeric',
  credit: 'numeric',
};

interface Sides {
  debit: bigint;
  credit: bigint;
}

/** What was posted on a pair of days, by account. */
interface Day {
  readonly effectiveOn: string;
  readonly recordedOn: string;
  readonly currency: string;
  readonly accounts: Map<string, Sides>;
}

/** Adds up journal entries by their days, account and currency. */
export class DailyTotals {
  readonly #days = new Map<string, Day>();

  /**
   * Adds one journal entry, with the instants (ISO 8601, UTC) it counts from and was recorded at. Throws when it does not sum
   * to zero: such an entry must never reach the books.
   */
  add(postings: readonly Posting[], effectiveAt: string, recordedAt: string): void {
    const [first] = postings;
    if (!first) return;
    const { currency } = first;
    const digits = digitsOfStored(currency);
    const { accounts } = this.#day(effectiveAt.slice(0, 10), recordedAt.slice(0, 10), currency);
    let sum = 0n;
    for (const { account, amount } of postings) {
      const minor = parseMinor(amount, digits);
      sum += minor;
      let sides = accounts.get(account);
      if (!sides) accounts.set(account, (sides = { debit: 0n, credit: 0n }));
      if (minor > 0n) sides.debit += minor;
      else sides.credit -= minor;
    }
    if (sum !== 0n) throw new Error('the postings of the event do not balance');
  }

  rows(writer: number): TrialBalanceRow[] {
    return [...this.#days.values()].flatMap(({ effectiveOn, recordedOn, currency, accounts }) => {
      const digits = digitsOfStored(currency);
      return [...accounts].map(([gl_account, { debit, credit }]) => ({
        writer,
        effective_on: effectiveOn,
        recorded_on: recordedOn,
        gl_account,
        currency,
        debit: stored(debit, digits),
        credit: stored(credit, digits),
      }));
    });
  }

  #day(effectiveOn: string, recordedOn: string, currency: string): Day {
    const key = effectiveOn + recordedOn + currency;
    let day = this.#days.get(key);
    if (!day) this.#days.set(key, (day = { effectiveOn, recordedOn, currency, accounts: new Map() }));
    return day;
  }
}
