import { sql } from 'kysely';
import { type Logger } from 'pino';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '#libs/contracts';
import { type Database, type FollowerStanding, groupLag, isPassing, type Kafka } from '#libs/platform';
import { Consumer } from './consumer.js';
import { followLog, type MessageLog, readAgain } from './follow-log.js';
import { followTopic } from './follow-topic.js';
import { type MessageHandler } from './message-handler.js';

/** Where messages come from: straight from the log, or from a topic the relay writes. */
export type MessageSource = { readonly log: MessageLog } | { readonly kafka: Kafka; readonly topic?: string };

const RETRY_MS = 500;

/** A consumer as a process runs it: with its source, its parked messages, and an answer to how it stands. */
export class Following {
  readonly #consumer: Consumer;
  #waitingFor: string | undefined;

  constructor(
    private readonly db: Database,
    handler: MessageHandler,
    private readonly source: MessageSource,
    private readonly log: Logger,
  ) {
    this.#consumer = new Consumer(db, handler, {
      onParked: ({ messageId, reason }) =>
        log.error({ consumer: handler.name, messageId, reason }, 'a message is parked: see GET /parked-messages'),
      onWaiting: this.#waits,
      readAgain: 'log' in source ? (record) => readAgain(source.log, record) : undefined,
    });
  }

  /**
   * Follows the source until `signal` aborts, waiting out whatever is away.
   * @param beside work on what the handler writes, begun when its tables are there
   */
  async run(signal: AbortSignal, beside?: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await this.#install(signal);
    const { source } = this;
    const received = () => (this.#waitingFor = undefined);
    const following =
      'log' in source
        ? followLog(source.log, this.#consumer, signal, { waits: this.#waits, received })
        : followTopic(source.kafka, source.topic ?? TOPICS.account, this.#consumer, signal, {
            waits: this.#waits,
            received,
          });
    await Promise.all([following, this.#consumer.runParked(signal), beside?.(signal)]);
  }

  /**
   * How it stands.
   * @param parkedBeside what is parked in the work beside it
   * @throws when the database or Kafka cannot be asked
   */
  async standing(parkedBeside = 0): Promise<FollowerStanding> {
    const { name } = this.#consumer;
    const { rows } = await sql<{ parked: number }>`
      select count(*)::int as parked from messaging.parked_messages
      where consumer = ${name} and state = 'parked'`.execute(this.db.sql);
    const standing = { name, parked: (rows[0]?.parked ?? 0) + parkedBeside, waitingFor: this.#waitingFor };
    const { source } = this;
    if ('log' in source) return { ...standing, position: await this.#consumer.position() };
    const lagMessages = await groupLag(source.kafka, this.#consumer.group, source.topic ?? TOPICS.account);
    return { ...standing, lagMessages };
  }

  async #install(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#consumer.install();
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#waits('the database is away');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  readonly #waits = (reason: string): void => {
    if (reason !== this.#waitingFor) this.log.warn({ consumer: this.#consumer.name, reason }, 'consumer waits');
    this.#waitingFor = reason;
  };
}
