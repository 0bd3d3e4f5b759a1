import { type AccountEvent } from '../billing/account-events.js';
import { add, moneyOf } from '../billing-run/billing-tally.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { type AutopayReport } from './autopay-run-events.js';

/** So many accounts are named in a report; all are counted. */
const MOST_NAMED = 1_000;

/** Counts what a run comes to, account by account, in whatever order they are done. */
export class AutopayTally {
  #accounts = 0;
  #failed = 0;
  readonly #events = new Map<AccountEvent['type'], number>();
  readonly #totals = new Map<string, bigint>();
  readonly #dropped = new Map<string, number>();
  readonly #failures: AutopayReport['failures'] = [];

  /** What was decided for an account. */
  did(events: readonly AccountEvent[]): void {
    this.#accounts += 1;
    for (const { type, data } of events) {
      this.#events.set(type, (this.#events.get(type) ?? 0) + 1);
      if (type === 'AutopayDebitPresented') {
        const { amount, currency } = data.amount;
        add(this.#totals, currency, parseMinor(amount, digitsOf(currency)));
      }
      if (type === 'AutopayDebitDropped') this.#dropped.set(data.reason, (this.#dropped.get(data.reason) ?? 0) + 1);
    }
  }

  failed(accountId: string, { code, message: reason }: { readonly code: string; readonly message: string }): void {
    this.#accounts += 1;
    this.#failed += 1;
    if (this.#failures.length < MOST_NAMED) this.#failures.push({ accountId, code, reason });
  }

  /** In an order that does not depend on who was done first: the same run gives the same report. */
  get report(): AutopayReport {
    const count = (type: AccountEvent['type']) => this.#events.get(type) ?? 0;
    return {
      accounts: this.#accounts,
      announced: count('AutopayDebitAnnounced'),
      presented: count('AutopayDebitPresented'),
      totals: moneyOf(this.#totals),
      rescheduled: count('AutopayDebitRescheduled'),
      dropped: [...this.#dropped]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([reason, debits]) => ({ reason, debits })),
      suspended: count('AutopaySuspended'),
      stopped: count('AutopayStopped'),
      cardsExpiring: count('AutopayCardExpiring'),
      failed: this.#failed,
      failures: this.#failures.toSorted((one, other) => (one.accountId < other.accountId ? -1 : 1)),
    };
  }
}
