import { type AccountEvent } from '../billing/account-events.js';
import { add, moneyOf } from '../billing-run/billing-tally.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { type CollectionsReport } from './collections-run-events.js';

/** So many accounts that failed are named in a report; all are counted. */
const MOST_NAMED = 1_000;

class Counter {
  #count = 0;
  readonly #totals = new Map<string, bigint>();

  add({ amount, currency }: MoneyJson): void {
    this.#count += 1;
    add(this.#totals, currency, parseMinor(amount, digitsOf(currency)));
  }

  get counted() {
    return { count: this.#count, totals: moneyOf(this.#totals) };
  }
}

/** Counts what collections come to, account by account, in whatever order they are done. */
export class CollectionsTally {
  #accounts = 0;
  #actedOn = 0;
  #failed = 0;
  #suspended = 0;
  #restored = 0;
  readonly #writtenOff = new Counter();
  readonly #lateFees = new Counter();
  readonly #steps = new Map<string, number>();
  readonly #failures: CollectionsReport['failures'] = [];

  /** What was done on one account, which may be nothing. */
  done(events: readonly AccountEvent[]): void {
    this.#accounts += 1;
    if (events.length > 0) this.#actedOn += 1;
    this.count(events);
  }

  /** Counts events and no account. */
  count(events: readonly AccountEvent[]): void {
    for (const { type, data } of events) {
      if (type === 'LateFeeAssessed') this.#lateFees.add(data.amount);
      else if (type === 'DunningStepTaken') this.#steps.set(data.step, (this.#steps.get(data.step) ?? 0) + 1);
      else if (type === 'ServiceSuspended') this.#suspended += 1;
      else if (type === 'ServiceRestored') this.#restored += 1;
      else if (type === 'DebtWrittenOff') this.#writtenOff.add(data.amount);
    }
  }

  failed(accountId: string, { code, message: reason }: { readonly code: string; readonly message: string }): void {
    this.#accounts += 1;
    this.#failed += 1;
    if (this.#failures.length < MOST_NAMED) this.#failures.push({ accountId, code, reason });
  }

  /** In an order that does not depend on who was done first: the same run gives the same report. */
  get report(): CollectionsReport {
    return {
      accounts: this.#accounts,
      actedOn: this.#actedOn,
      lateFees: this.#lateFees.counted,
      steps: [...this.#steps]
        .map(([step, count]) => ({ step, count }))
        .sort((left, right) => (left.step < right.step ? -1 : 1)),
      suspended: this.#suspended,
      restored: this.#restored,
      writtenOff: this.#writtenOff.counted,
      failed: this.#failed,
      failures: this.#failures.toSorted((left, right) => (left.accountId < right.accountId ? -1 : 1)),
    };
  }
}
