import { EventStore, ProjectionRunner, ReadBarrier } from '#libs/event-sourcing';
import { paymentReadModels, readModels, subscriptionReadModels, receiptReadModels, tillReadModels } from '#libs/ledger';
import { type Database } from '#libs/platform';

/** What a simulated biller's read models are made by. */
export const PROJECTIONS = [
  ...readModels,
  ...paymentReadModels,
  ...subscriptionReadModels,
  ...receiptReadModels,
  ...tillReadModels,
];

const BARRIER_MS = 600_000;

/**
 * Writes the read models of a simulation whenever somebody is about to look at them, and not after every event: nobody looks
 * but the runs and whoever examines, and hundreds of events cost hardly more at once than one does.
 */
export class Projector {
  /** For whoever is about to look. */
  readonly barrier: ReadBarrier;
  readonly #log: LogOnDemand;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(connectionString: string, db: Database, onStopped?: (projection: string, error: Error) => void) {
    this.#log = new LogOnDemand(connectionString);
    this.barrier = new DemandingBarrier(db, this.#log);
    const runner = new ProjectionRunner(this.#log, db, PROJECTIONS, { ...(onStopped && { onStopped }) });
    this.#running = runner.run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#log.close();
  }
}

/** A log that gives out what has happened only while somebody wants it; what comes meanwhile is given out together. */
class LogOnDemand extends EventStore {
  #wanting = 0;
  #wake: () => void = () => undefined;

  async whileWanted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#wanting += 1;
    this.#wake();
    try {
      return await work();
    } finally {
      this.#wanting -= 1;
    }
  }

  override async *subscribe(options: Parameters<EventStore['subscribe']>[0]) {
    const { signal } = options;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    const batches = super.subscribe(options);
    try {
      for (;;) {
        while (this.#wanting === 0 && !signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
        const batch = await batches.next();
        if (batch.done) return;
        yield batch.value;
      }
    } finally {
      await batches.return(undefined);
    }
  }
}

class DemandingBarrier extends ReadBarrier {
  constructor(
    db: Database,
    private readonly log: LogOnDemand,
  ) {
    super(db, BARRIER_MS);
  }

  override waitFor(projection: string, position: bigint): Promise<void> {
    return this.log.whileWanted(() => super.waitFor(projection, position));
  }
}
