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
    const { lookEveryMs = 5_000, log } = this.options;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable) && !isPassing(error)) {
          log.error({ reason: (error as Error).message }, 'what was left at tills cannot be ended');
        }
      }
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { clock = () => new Date(), leftForMs = 10_000, log } = this.options;
    for (const batchId of await this.#queries.unfinished(new Date(clock().getTime() - leftForMs))) {
      await this.#steps.finish(batchId, { actor: 'till-process', correlationId: batchId });
      log.info({ batchId }, 'what was left of payments at a till is ended');
    }
  }
}
