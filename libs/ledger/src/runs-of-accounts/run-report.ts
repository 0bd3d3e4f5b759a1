import { z } from 'zod';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';

/* What the reports of all runs are made of. They are stored: additions only. */

export const Count = z.int().min(0);
export const Money = z.strictObject({ amount: z.string(), currency: z.string().length(3) });
export const FAILURES = {
  failed: Count,
  /** The first of those that failed. */
  failures: z.array(z.strictObject({ accountId: z.uuid(), code: z.string(), reason: z.string() })),
};

/** So many accounts are named in a report; all are counted. */
export const MOST_NAMED = 1_000;

/** The code and sentence of a refusal. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/*
 * Counted account by account, in whatever order they are done; told in an order that does not depend on it, so that the same
 * run gives the same report.
 */

/** Accounts that failed. */
export class Failures {
  #failed = 0;
  readonly #failures: z.output<typeof FAILURES.failures> = [];

  add(accountId: string, { code, message: reason }: Refused): void {
    this.#failed += 1;
    if (this.#failures.length < MOST_NAMED) this.#failures.push({ accountId, code, reason });
  }

  get counted() {
    return { failed: this.#failed, failures: this.#failures.toSorted(by(({ accountId }) => accountId)) };
  }
}

/** Sums of money in each currency. */
export class Sums {
  readonly #minor = new Map<string, bigint>();

  add({ amount, currency }: MoneyJson): void {
    this.addMinor(parseMinor(amount, digitsOf(currency)), currency);
  }

  addMinor(minor: bigint, currency: string): void {
    this.#minor.set(currency, (this.#minor.get(currency) ?? 0n) + minor);
  }

  get money() {
    return [...this.#minor]
      .map(([currency, minor]) => ({ amount: formatMinor(minor, digitsOf(currency)), currency }))
      .sort(by(({ currency }) => currency));
  }
}

/** How often each of some names occurred. */
export class Counts<Name extends string = string> {
  readonly #counts = new Map<Name, number>();

  add(name: Name): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  of(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  get all(): [Name, number][] {
    return [...this.#counts].sort(by(([name]) => name));
  }
}

function by<Item>(key: (item: Item) => string) {
  return (left: Item, right: Item) => (key(left) < key(right) ? -1 : 1);
}
