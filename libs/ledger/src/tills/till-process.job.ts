import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import { type CommandHandling, EventStoreUnavailable } from '#libs/event-sourcing';
import { type Database, isPassing } from '#libs/platform';
import { TillSteps } from './till-steps.job.js';
import { TillsQueries } from './tills.queries.js';

interface TillProcessOptions {
  readonly db: Database;
  /** The process's own, so that all of its commands queue and cache together. */
  readonly handling: CommandHandling;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** How often it is looked for what was left. */
  readonly lookEveryMs?: number;
  /** For how long nothing has to have happened in a batch: an agent's own request is not raced. */
  readonly leftForMs?: number;
}

/**
 * Ends what a process that died had begun at a till and no agent came back for. The read model says where to look, and the
 * batch's own stream what to do; several processes may do it side by side, for every step is taken once.
 */
export class TillProcess {
  readonly #steps: TillSteps;
  readonly #queries: TillsQueries;

  constructor(private readonly options: TillProcessOptions) {
    this.#steps = new TillSteps(options.handling);
    this.#queries = new TillsQueries(options.db, options.handling);
  }

  /** Runs until `signal` aborts, waiting out whatever is away. */
  async run(signal: AbortSignal): Promise<void> {
    const { lookEveryMs = 5_000 } = this.options;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => this.#tell(error));
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { clock = () => new Date(), leftForMs = 10_000, log } = this.options;
    for (const batchId of await this.#queries.unfinished(new Date(clock().getTime() - leftForMs))) {
      const why = { actor: 'till-process', correlationId: batchId };
      await this.#steps.finish(batchId, why).then(
        () => log.info({ batchId }, 'what was left of payments at a till is ended'),
        // A fault about one batch keeps no other from its turn.
        (error: unknown) => this.#tell(error, batchId),
      );
    }
  }

  /** What is away comes back, and is told by whoever watches it. */
  #tell(error: unknown, batchId?: string): void {
    if (error instanceof EventStoreUnavailable || isPassing(error)) return;
    const { message } = error as Error;
    this.options.log.error({ batchId, reason: message }, 'what was left at tills cannot be ended');
  }
}
