import { type AccountEvent } from '../billing/account-events.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { type BillingReport } from './billing-run-events.js';

/** So many accounts are named in a report; all are counted. */
const MOST_NAMED = 1_000;

/** Why an account has no bill: the code and sentence of a refusal. */
export interface NotBilled {
  readonly code: string;
  readonly message: string;
}

/** Refusals that say there is nothing to be done, where all others want somebody to look. */
const SKIPPED: ReadonlySet<string> = new Set(['NOTHING_TO_BILL', 'ACCOUNT_CLOSED']);

/** Counts what a run comes to, account by account, in whatever order they are done. */
export class BillingTally {
  #billed = 0;
  #failed = 0;
  readonly #totals = new Map<string, bigint>();
  readonly #givenBack = new Map<string, bigint>();
  readonly #skipped = new Map<string, number>();
  readonly #failures: BillingReport['failures'] = [];
  readonly #toCorrect: string[] = [];

  /** What was appended to an account. */
  billed(events: readonly AccountEvent[]): void {
    const minor = ({ amount, currency }: { amount: string; currency: string }) =>
      parseMinor(amount, digitsOf(currency));
    let issued: { total: bigint; currency: string } | undefined;
    let givenBack = { total: 0n, currency: '' };
    for (const { type, data } of events) {
      if (type === 'BillIssued') issued = { total: minor(data.total), currency: data.total.currency };
      if (type === 'ChargeReversed' && data.unused) {
        givenBack = { total: givenBack.total + minor(data.amount), currency: data.amount.currency };
      }
    }
    if (issued) this.billedOver(issued.total, issued.currency);
    this.gaveBack(givenBack.total, givenBack.currency, issued !== undefined);
  }

  /** @param total minor units */
  billedOver(total: bigint, currency: string): void {
    this.#billed += 1;
    add(this.#totals, currency, total);
  }

  /**
   * Counts what was given back of charges in advance.
   * @param total minor units
   * @param withBill else the account was not billed, because that was all
   */
  gaveBack(total: bigint, currency: string, withBill: boolean): void {
    if (total === 0n) return;
    add(this.#givenBack, currency, total);
    if (!withBill) this.#skip('ONLY_GIVEN_BACK');
  }

  notBilled(accountId: string, { code, message: reason }: NotBilled): void {
    if (SKIPPED.has(code)) return this.#skip(code);
    this.#failed += 1;
    if (this.#failures.length < MOST_NAMED) this.#failures.push({ accountId, code, reason });
  }

  toCorrect(accountId: string): void {
    if (this.#toCorrect.length < MOST_NAMED) this.#toCorrect.push(accountId);
  }

  #skip(code: string): void {
    this.#skipped.set(code, (this.#skipped.get(code) ?? 0) + 1);
  }

  /** In an order that does not depend on who was done first: the same run gives the same report. */
  get report(): BillingReport {
    const skipped = [...this.#skipped].map(([code, accounts]) => ({ code, accounts })).sort(by(({ code }) => code));
    return {
      accounts: this.#billed + this.#failed + skipped.reduce((sum, { accounts }) => sum + accounts, 0),
      billed: this.#billed,
      totals: moneyOf(this.#totals),
      givenBack: moneyOf(this.#givenBack),
      skipped,
      failed: this.#failed,
      failures: this.#failures.toSorted(by(({ accountId }) => accountId)),
      toCorrect: this.#toCorrect.toSorted(),
    };
  }
}

/** Adds to the sum of a currency. @param minor minor units */
export function add(sums: Map<string, bigint>, currency: string, minor: bigint): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + minor);
}

/** Sums as amounts of money, in the order of their currencies. */
export function moneyOf(sums: ReadonlyMap<string, bigint>) {
  return [...sums]
    .map(([currency, minor]) => ({ amount: formatMinor(minor, digitsOf(currency)), currency }))
    .sort(by(({ currency }) => currency));
}

function by<Item>(key: (item: Item) => string) {
  return (left: Item, right: Item) => (key(left) < key(right) ? -1 : 1);
}
