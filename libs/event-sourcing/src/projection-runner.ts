import { LRUCache } from 'lru-cache';
import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, isPassing, type Tx } from '#libs/platform';
import { AheadOfLog, LOG_MARKS_DDL, markEvent, requireSameLog } from './ahead-of-log.js';
import { asOnlyRunner } from './only-runner.js';
import {
  activate,
  advance,
  type Checkpoint,
  install,
  lastRevisions,
  noteError,
  saveRevisions,
  schemaOf,
  Superseded,
  take,
} from './checkpoints.js';
import { type EventStore, EventStoreUnavailable, type SubscriptionMessage } from './event-store.js';
import { type StoredEvent } from './metadata.js';
import { type AnyProjection, recorded } from './projection.js';

/** The log and a projection disagree, or an event cannot be applied. The projection stands still until it is mended. */
class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';
}

interface RunnerOptions {
  /** Most events applied in one transaction. */
  readonly batchSize?: number;
  readonly onStopped?: (projection: string, error: Error) => void;
  readonly onProgress?: (projection: string, position: bigint, events: number) => void;
  /** Told once for each time the runner has to wait for something outside itself. */
  readonly onWaiting?: (reason: string) => void;
}

const RETRY_MS = 250;
/** What keeps two writers apart for certain is the epoch of every checkpoint. */
const PROJECTING = { lock: 7264224, elsewhere: 'another process runs the projections' };

/**
 * Keeps projections up to date from one catch-up subscription. Each projection has its own transaction and checkpoint:
 * one that cannot go on stops, named with its event, while the others continue. Never skips an event, never applies one
 * twice, never writes beside another runner.
 */
export class ProjectionRunner {
  #running: Running[] = [];
  #waitingFor: string | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly projections: readonly AnyProjection[],
    private readonly options: RunnerOptions = {},
  ) {}

  /**
   * Installs and takes the projections, then follows the log until `signal` aborts or no projection is left running.
   * Waits out an event store or a database that is away, and on PostgreSQL another runner that is at work.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await asOnlyRunner(this.db, PROJECTING, signal, this.#waiting, () => this.#runAlone(signal));
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#wait('the database is away', signal);
      }
    }
  }

  async #runAlone(signal: AbortSignal): Promise<void> {
    await install(this.db, this.projections);
    await this.db.sql.transaction().execute(async (tx) => {
      for (const statement of LOG_MARKS_DDL) await sql.raw(statement).execute(tx);
    });
    this.#running = [];
    for (const projection of this.projections) {
      const running = new Running(this.db, projection, await take(this.db, projection), this.#waiting);
      if (await this.#isOfThisLog(running, signal)) this.#running.push(running);
    }
    while (!signal.aborted && this.#running.length > 0) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        await this.#wait('the event store is away', signal);
      }
    }
  }

  /** A projection that has seen what is not in the log stands still, and says so, until both are restored. */
  async #isOfThisLog({ projection, checkpoint }: Running, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        await requireSameLog(this.db, this.store, schemaOf(projection), checkpoint.position);
        return true;
      } catch (error) {
        if (error instanceof EventStoreUnavailable) await this.#wait('the event store is away', signal);
        else if (!(error instanceof AheadOfLog)) throw error;
        else {
          await noteError(this.db, projection, checkpoint, error.message, checkpoint.position);
          this.options.onStopped?.(projection.name, error);
          return false;
        }
      }
    }
    return false;
  }

  readonly #waiting = (reason: string): void => {
    if (reason !== this.#waitingFor) this.options.onWaiting?.(reason);
    this.#waitingFor = reason;
  };

  async #wait(reason: string, signal: AbortSignal): Promise<void> {
    this.#waiting(reason);
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const positions = this.#running.map(({ checkpoint }) => checkpoint.position);
    const after = positions.reduce((least, position) => (position < least ? position : least));
    const categories = [...new Set(this.projections.map(({ category }) => category))];
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    for await (const messages of this.store.subscribe({ after, categories, signal: either })) {
      this.#waitingFor = undefined;
      const { batchSize = 4096 } = this.options;
      for (let from = 0; from < messages.length; from += batchSize) {
        await this.#applyToAll(messages.slice(from, from + batchSize), signal);
        if (signal.aborted) return;
      }
      if (messages.some(({ kind }) => kind === 'caught-up')) {
        for (const { projection } of this.#running) await activate(this.db, projection);
      }
      if (this.#running.length === 0) ended.abort();
    }
  }

  async #applyToAll(messages: readonly SubscriptionMessage[], signal: AbortSignal): Promise<void> {
    const end = endOf(messages);
    if (end === undefined) return;
    const events = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
    for (const running of [...this.#running]) {
      try {
        await running.applyWhenReachable(events, end, signal);
        this.options.onProgress?.(running.projection.name, end, events.length);
      } catch (error) {
        this.#running = this.#running.filter((other) => other !== running);
        this.options.onStopped?.(running.projection.name, error as Error);
      }
    }
  }
}

/** The position a batch leads to: that of its last event or checkpoint. */
function endOf(messages: readonly SubscriptionMessage[]): bigint | undefined {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]!;
    if (message.kind === 'event') return message.event.position;
    if (message.kind === 'checkpoint') return message.position;
  }
  return undefined;
}

/** One projection in the hands of this runner. */
class Running {
  /** What the database holds in projection_streams; only this runner writes there, so that it may be remembered. */
  readonly #revisions = new LRUCache<string, bigint>({ max: 50_000 });

  constructor(
    private readonly db: Database,
    readonly projection: AnyProjection,
    public checkpoint: Checkpoint,
    private readonly waiting: (reason: string) => void,
  ) {}

  /** Applies a batch, waiting out a database that is away. @throws ProjectionStopped | Superseded */
  async applyWhenReachable(events: readonly StoredEvent[], end: bigint, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#apply(events, end);
      } catch (error) {
        this.#revisions.clear();
        if (error instanceof Superseded) throw error;
        if (!isPassing(error)) return await this.#stop(events, error as Error);
        this.waiting('the database is away');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #apply(events: readonly StoredEvent[], end: bigint): Promise<void> {
    const { projection, checkpoint } = this;
    if (end <= checkpoint.position) return;
    const mine = events.filter(
      (event) => event.position > checkpoint.position && event.stream.startsWith(`${projection.category}-`),
    );
    const batch = mine.map((event) => recorded(projection.events, event));
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`set local search_path to ${sql.id(schemaOf(projection))}, public`.execute(tx);
      await advance(tx, projection, checkpoint, end);
      if (batch.length === 0) return;
      await this.#keepOrder(tx, mine);
      await markEvent(tx, schemaOf(projection), mine.at(-1)!);
      await projection.apply(tx, batch as never, 0);
    });
    this.checkpoint = { ...checkpoint, position: end };
  }

  /** Every revision of every stream must come once and in order; a gap means that the log or the filter is wrong. */
  async #keepOrder(tx: Tx, events: readonly StoredEvent[]): Promise<void> {
    const unknown = new Set<string>();
    for (const { stream, revision } of events) if (revision > 0n && !this.#revisions.has(stream)) unknown.add(stream);
    const found = unknown.size > 0 ? await lastRevisions(tx, this.projection, [...unknown]) : new Map<string, bigint>();
    const next = new Map<string, bigint>();
    for (const { stream, revision } of events) {
      const last = next.get(stream) ?? this.#revisions.get(stream) ?? found.get(stream) ?? -1n;
      if (revision !== last + 1n) {
        throw new ProjectionStopped(`stream ${stream} goes from revision ${last} to ${revision}: events are missing`);
      }
      next.set(stream, revision);
    }
    await saveRevisions(tx, this.projection, next);
    // Remembered ahead of the commit: whoever sees it fail forgets them.
    for (const [stream, revision] of next) this.#revisions.set(stream, revision);
  }

  /** Applies what can be applied one by one, so that the event that cannot is known, and notes it. */
  async #stop(events: readonly StoredEvent[], error: Error): Promise<never> {
    for (const event of events) {
      try {
        await this.#apply([event], event.position);
      } catch (cause) {
        this.#revisions.clear();
        if (cause instanceof Superseded) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `${event.type} ${event.id} (${event.stream} revision ${event.revision}): ${reason}`;
        await noteError(this.db, this.projection, this.checkpoint, message, event.position);
        throw new ProjectionStopped(message, { cause });
      }
    }
    throw new ProjectionStopped(`a batch failed whose events can each be applied: ${error.message}`, { cause: error });
  }
}
