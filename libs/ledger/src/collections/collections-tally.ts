import { type AccountEvent } from '../billing/account-events.js';
import { Counts, Failures, type Refused, Sums } from '../runs-of-accounts/run-report.js';
import { type CollectionsReport } from './collections-run-events.js';

/** Counts what collections come to. */
export class CollectionsTally {
  #done = 0;
  #actedOn = 0;
  #left = 0;
  readonly #events = new Counts<AccountEvent['type']>();
  readonly #lateFees = new Sums();
  readonly #writtenOff = new Sums();
  readonly #steps = new Counts();
  readonly #failures = new Failures();

  /** What was done on one account, which may be nothing. */
  done(events: readonly AccountEvent[]): void {
    this.#done += 1;
    if (events.length > 0) this.#actedOn += 1;
    this.count(events);
  }

  /** Counts events and no account. */
  count(events: readonly AccountEvent[]): void {
    for (const { type, data } of events) {
      this.#events.add(type);
      if (type === 'LateFeeAssessed') this.#lateFees.add(data.amount);
      else if (type === 'DebtWrittenOff') this.#writtenOff.add(data.amount);
      else if (type === 'DunningStepTaken') this.#steps.add(data.step);
    }
  }

  /** An account that is left to the next run. */
  left(): void {
    this.#left += 1;
  }

  failed(accountId: string, why: Refused): void {
    this.#failures.add(accountId, why);
  }

  get report(): CollectionsReport {
    const { failed, failures } = this.#failures.counted;
    return {
      accounts: this.#done + this.#left + failed,
      actedOn: this.#actedOn,
      lateFees: { count: this.#events.of('LateFeeAssessed'), totals: this.#lateFees.money },
      steps: this.#steps.all.map(([step, count]) => ({ step, count })),
      suspended: this.#events.of('ServiceSuspended'),
      restored: this.#events.of('ServiceRestored'),
      writtenOff: { count: this.#events.of('DebtWrittenOff'), totals: this.#writtenOff.money },
      left: this.#left,
      ...{ failed, failures },
    };
  }
}
