import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Message, toWire, TOPICS } from '#libs/contracts';
import { type SubscriptionMessage } from '#libs/event-sourcing';
import { type FollowerStanding, isShutOut, type Kafka, TransactionalWriter } from '#libs/platform';
import { type MessageLog } from '../consuming/follow-log.js';
import { fenceEntry, lastInstance, progressEntry, readProgress } from './progress.js';

/** Another relay with the same name has started. It carries on; this one has stopped and wrote nothing after it. */
export class RelaySuperseded extends Error {
  override readonly name = 'RelaySuperseded';
}

export interface RelayOptions {
  /** Names the relay: the key of its progress, and its transactional id unless that is given. */
  readonly name?: string;
  /** Shared by all who write the same topics, so that only one of them does at a time: see {@link TransactionalWriter}. */
  readonly transactionalId?: string;
  readonly topic?: string;
  readonly progressTopic?: string;
  /** Most messages in one transaction. */
  readonly batchSize?: number;
  /** Position after which the log is written when there is no progress yet; 0n: all of it. */
  readonly from?: bigint;
  /** Ends when the log has been written up to here. */
  readonly until?: bigint;
  /** Messages to leave out, when only some are wanted. */
  readonly only?: (message: Message) => boolean;
  /** So long a relay that was shut out looks for whoever did it. */
  readonly shutOutPatienceMs?: number;
  readonly onProgress?: (status: RelayStatus) => void;
  /** Told once for each time something has to be waited for. */
  readonly onWaiting?: (reason: string) => void;
}

/** How a relay stands. */
export interface RelayStatus {
  readonly state: 'starting' | 'relaying' | 'waiting';
  /** Position in the log up to which everything is in the topic. */
  readonly position: bigint;
  /** Messages written in all, by this relay and those of the same name before it. */
  readonly messages: bigint;
  /** Why it waits, when it does. */
  readonly reason?: string;
}

const RETRY_MS = 500;
const SHUT_OUT_PATIENCE_MS = 30_000;
/** A checkpoint that comes without a message is noted this often, so that an idle relay is seen to keep up. */
const IDLE_NOTE_MS = 30_000;

/**
 * Brings the log to a topic: every message once, those of a key in order, whatever is killed when. Each batch and the
 * position it leads to are one Kafka transaction, so that what is written and what is known to be written are one thing.
 *
 * At a start, and after any error, it shuts out every relay of its name that came before (a transaction that moves nothing),
 * then reads the position, and only then goes on: nobody else can have written anything after what it has read.
 */
export class Relay {
  #status: RelayStatus = { state: 'starting', position: 0n, messages: 0n };
  readonly #name: string;
  readonly #topic: string;
  readonly #progressTopic: string;
  readonly #instance = randomUUID();
  #begun = false;
  #noted = 0;

  constructor(
    private readonly log: MessageLog,
    private readonly kafka: Kafka,
    private readonly options: RelayOptions = {},
  ) {
    this.#name = options.name ?? 'relay';
    this.#topic = options.topic ?? TOPICS.account;
    this.#progressTopic = options.progressTopic ?? TOPICS.relayProgress;
  }

  get status(): RelayStatus {
    return this.#status;
  }

  /** The same for whoever asks after the health of the process. */
  get standing(): FollowerStanding {
    const { position, state, reason = 'for Kafka' } = this.#status;
    return { name: this.#name, position, ...(state === 'waiting' && { waitingFor: reason }) };
  }

  /** Relays until `signal` aborts or `until` is reached, waiting out whatever is away. @throws RelaySuperseded */
  async run(signal: AbortSignal): Promise<void> {
    let shutOut = false;
    while (!signal.aborted) {
      try {
        return await this.#session(signal, shutOut);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RelaySuperseded) throw error;
        shutOut = isShutOut(error);
        this.#wait((error as Error).message);
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #session(signal: AbortSignal, shutOut: boolean): Promise<void> {
    const { until } = this.options;
    await this.#stayAwayFromAnother(signal, shutOut);
    const id = this.options.transactionalId ?? this.#name;
    const writer = await TransactionalWriter.open(this.kafka, id, [this.#topic, this.#progressTopic]);
    const ended = new AbortController();
    try {
      await this.#begin(writer);
      if (until !== undefined && this.#status.position >= until) return;
      const subscription = this.log.store.subscribe({
        after: this.#status.position,
        categories: [this.log.category],
        signal: AbortSignal.any([signal, ended.signal]),
      });
      for await (const delivered of subscription) {
        await this.#relay(writer, delivered);
        if (signal.aborted || (until !== undefined && this.#status.position >= until)) break;
      }
      await this.#settle(writer);
    } finally {
      ended.abort();
      await writer.close().catch(() => undefined);
    }
  }

  /** Shuts out whoever held the name before, then reads how far they came: nobody can have written after that. */
  async #begin(writer: TransactionalWriter): Promise<void> {
    const { from = 0n } = this.options;
    await writer.write({ topic: this.#progressTopic, ...fenceEntry(this.#name, this.#instance) });
    this.#begun = true;
    const { position, messages } = await readProgress(this.kafka, this.#progressTopic, this.#name);
    if (position > (await this.log.store.lastPosition())) {
      throw new Error(`${this.#topic} is ahead of the log: it was filled from another log, or the log was restored`);
    }
    this.#noted = performance.now();
    this.#become({ position: position > from ? position : from, messages });
  }

  /**
   * Notes the position once more. The cluster takes that only when all that was committed before is wound up, so that
   * whoever reads the topic after this relay has returned finds everything there.
   */
  async #settle(writer: TransactionalWriter): Promise<void> {
    const entry = progressEntry(this.#name, this.#instance, this.#status);
    await writer.write({ topic: this.#progressTopic, ...entry });
  }

  async #relay(writer: TransactionalWriter, delivered: readonly SubscriptionMessage[]): Promise<void> {
    const { batchSize = 8_192 } = this.options;
    for (let from = 0; from < delivered.length; from += batchSize) {
      const { position, messages } = this.#gather(delivered.slice(from, from + batchSize));
      const idle = messages.length === 0;
      if (position === this.#status.position && idle) continue;
      const written = this.#status.messages + BigInt(messages.length);
      if (!idle || performance.now() - this.#noted > IDLE_NOTE_MS) {
        const entry = progressEntry(this.#name, this.#instance, { position, messages: written });
        await writer.write({ topic: this.#progressTopic, ...entry }, this.#topic, messages.map(toWire));
        this.#noted = performance.now();
      }
      this.#become({ position, messages: written });
    }
  }

  /** What of a batch is to be written, and the position the log has then been written up to. */
  #gather(delivered: readonly SubscriptionMessage[]): { position: bigint; messages: Message[] } {
    const { only, until } = this.options;
    const messages: Message[] = [];
    let { position } = this.#status;
    for (const item of delivered) {
      // Having caught up, the log has been read past whatever its end was when the relay began.
      const at = item.kind === 'event' ? item.event.position : item.kind === 'checkpoint' ? item.position : until;
      if (at === undefined) continue;
      if (until !== undefined && at >= until && (at > until || item.kind === 'caught-up')) {
        return { position: until, messages };
      }
      position = at;
      if (item.kind !== 'event') continue;
      const message = this.log.toMessage(item.event);
      if (!only || only(message)) messages.push(message);
    }
    return { position, messages };
  }

  /**
   * After an error it may be another relay that shut this one out. Then it is the other's turn, and to fence it back before
   * it has written its first word would have the two take turns: so that word is waited for. When it does not come, the
   * broker ended a transaction that took too long, or the other died at once.
   */
  async #stayAwayFromAnother(signal: AbortSignal, shutOut: boolean): Promise<void> {
    if (!this.#begun) return;
    const { shutOutPatienceMs = SHUT_OUT_PATIENCE_MS } = this.options;
    const patience = performance.now() + (shutOut ? shutOutPatienceMs : 0);
    for (;;) {
      const last = await lastInstance(this.kafka, this.#progressTopic, this.#name);
      if (last !== this.#instance) break;
      if (performance.now() >= patience) return;
      await delay(RETRY_MS, undefined, { signal });
    }
    const reason = `another relay named ${this.#name} has taken over`;
    this.#wait(reason);
    throw new RelaySuperseded(reason);
  }

  #become({ position, messages }: Pick<RelayStatus, 'position' | 'messages'>): void {
    this.#status = { state: 'relaying', position, messages };
    this.options.onProgress?.(this.#status);
  }

  #wait(reason: string): void {
    if (this.#status.reason !== reason) this.options.onWaiting?.(reason);
    this.#status = { ...this.#status, state: 'waiting', reason };
  }
}
