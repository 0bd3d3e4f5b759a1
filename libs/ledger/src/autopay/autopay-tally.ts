import { type AccountEvent } from '../billing/account-events.js';
import { Counts, Failures, type Refused, Sums } from '../runs-of-accounts/run-report.js';
import { type AutopayReport } from './autopay-run-events.js';

/** Counts what an autopay run comes to. */
export class AutopayTally {
  #done = 0;
  readonly #events = new Counts<AccountEvent['type']>();
  readonly #totals = new Sums();
  readonly #dropped = new Counts();
  readonly #failures = new Failures();

  /** What was decided for an account. */
  did(events: readonly AccountEvent[]): void {
    this.#done += 1;
    for (const { type, data } of events) {
      this.#events.add(type);
      if (type === 'AutopayDebitPresented') this.#totals.add(data.amount);
      if (type === 'AutopayDebitDropped') this.#dropped.add(data.reason);
    }
  }

  failed(accountId: string, why: Refused): void {
    this.#failures.add(accountId, why);
  }

  get report(): AutopayReport {
    const { failed, failures } = this.#failures.counted;
    return {
      accounts: this.#done + failed,
      announced: this.#events.of('AutopayDebitAnnounced'),
      presented: this.#events.of('AutopayDebitPresented'),
      totals: this.#totals.money,
      rescheduled: this.#events.of('AutopayDebitRescheduled'),
      dropped: this.#dropped.all.map(([reason, debits]) => ({ reason, debits })),
      suspended: this.#events.of('AutopaySuspended'),
      stopped: this.#events.of('AutopayStopped'),
      cardsExpiring: this.#events.of('AutopayCardExpiring'),
      ...{ failed, failures },
    };
  }
}
