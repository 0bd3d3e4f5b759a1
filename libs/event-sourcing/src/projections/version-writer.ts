import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, isPassing } from '#libs/platform';
import { markEvent } from '../ahead-of-log.js';
import { type SubscriptionMessage } from '../event-store.js';
import { type StoredEvent } from '../metadata.js';
import { type AnyProjection, recorded } from './projection.js';
import { StreamOrder } from './stream-order.js';
import {
  advance,
  advanceAll,
  type Checkpoint,
  noteError,
  schemaOf,
  Superseded,
  take,
  type Version,
  withinSchema,
} from './versions.js';

/** The log and a projection disagree, or an event cannot be applied. The projection stands still until that is mended. */
class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';
}

const RETRY_MS = 250;

/** A version in the hands of this runner: writes its rows, by one writer or by several side by side. */
export class VersionWriter {
  readonly #shares: readonly Share[];

  private constructor(
    readonly version: number,
    shares: readonly Share[],
  ) {
    this.#shares = shares;
  }

  /** Takes a version: whoever held it before can no longer write. */
  static async take(
    db: Database,
    projection: AnyProjection,
    version: Version,
    waiting: (reason: string) => void,
  ): Promise<VersionWriter> {
    const checkpoints = await take(db, version);
    if (checkpoints.length === 0) throw new Superseded(`version ${version.version} of ${version.name} is gone`);
    const of = checkpoints.length;
    return new VersionWriter(
      version.version,
      checkpoints.map((checkpoint, writer) => new Share(db, projection, version, { writer, of }, checkpoint, waiting)),
    );
  }

  /** Up to where everything has been applied. */
  get position(): bigint {
    return this.#shares.reduce(
      (least, { position }) => (position < least ? position : least),
      this.#shares[0]!.position,
    );
  }

  /** Where the writer is that has applied most. */
  get furthest(): bigint {
    return this.#shares.reduce((most, { position }) => (position > most ? position : most), 0n);
  }

  /** Whether its writers stand at one position, so that one of them can go on alone. */
  get isEven(): boolean {
    return this.#shares.every(({ position }) => position === this.#shares[0]!.position);
  }

  /**
   * Applies what a subscription has delivered, waiting out a database that is away. Returns when it is written, or
   * `signal` aborts. @throws ProjectionStopped | Superseded
   */
  async apply(messages: readonly SubscriptionMessage[], signal: AbortSignal): Promise<void> {
    const end = endOf(messages);
    if (end === undefined) return;
    const events = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
    const outcomes = await Promise.allSettled(this.#shares.map((share) => share.apply(events, end, signal)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /**
   * Moves those on that find nothing in a batch for them, by one statement for all of them: most events are of interest to
   * few projections, and a statement for each of the others took longer than writing the rows.
   * @returns those that have moved; the others, also one that somebody else has taken, are left as they were
   */
  static async passOver(
    db: Database,
    writers: readonly VersionWriter[],
    messages: readonly SubscriptionMessage[],
  ): Promise<ReadonlySet<VersionWriter>> {
    const end = endOf(messages);
    if (end === undefined) return new Set();
    const idle = writers.filter((writer) => writer.#shares.length === 1 && writer.#shares[0]!.findsNothing(messages));
    const behind = idle.filter(({ position }) => position < end);
    if (behind.length < 2) return new Set();
    const moved = await advanceAll(
      db,
      behind.map((writer) => writer.#shares[0]!.place),
      end,
    );
    const passed = behind.filter((_, at) => moved.has(at));
    for (const writer of passed) writer.#shares[0]!.stand(end);
    return new Set(passed);
  }

  /** Moves on to a position before which there is nothing more to apply. @throws Superseded */
  async moveTo(position: bigint, signal: AbortSignal): Promise<void> {
    await this.apply([{ kind: 'checkpoint', position }], signal);
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

/** What one writer of a version writes: the streams that are its own. */
class Share {
  readonly #order: StreamOrder;

  constructor(
    private readonly db: Database,
    private readonly projection: AnyProjection,
    private readonly version: Version,
    private readonly share: { readonly writer: number; readonly of: number },
    private checkpoint: Checkpoint,
    private readonly waiting: (reason: string) => void,
  ) {
    this.#order = new StreamOrder(version);
  }

  get position(): bigint {
    return this.checkpoint.position;
  }

  /** The row that says how far it is. */
  get place(): Version & { readonly writer: number } & Checkpoint {
    return { ...this.version, writer: this.share.writer, ...this.checkpoint };
  }

  findsNothing(messages: readonly SubscriptionMessage[]): boolean {
    return !messages.some((message) => message.kind === 'event' && this.#isMine(message.event));
  }

  /** It has come to a position. */
  stand(position: bigint): void {
    this.checkpoint = { ...this.checkpoint, position };
  }

  async apply(events: readonly StoredEvent[], end: bigint, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#apply(events, end).catch((error: Error) => this.#stop(events, error));
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.waiting('the database is away');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #apply(events: readonly StoredEvent[], end: bigint): Promise<void> {
    const { projection, version, checkpoint, share } = this;
    if (end <= checkpoint.position) return;
    const mine = events.filter((event) => this.#isMine(event));
    const batch = mine.map((event) => recorded(projection.events, event));
    const writer = { ...version, writer: share.writer };
    const to = { position: end, events: mine.length };
    if (batch.length === 0) await advance(this.db.sql, writer, checkpoint, to);
    else {
      await this.db.sql.transaction().execute(async (tx) => {
        await withinSchema(tx, version);
        // A version that is being built can be built again: waiting for the disk would gain nothing. What is lost with a
        // power cut is rows and checkpoint together.
        if (version.state === 'building') await sql`set local synchronous_commit to off`.execute(tx);
        await advance(tx, writer, checkpoint, to);
        await this.#order.keep(tx, mine);
        if (share.of === 1) await markEvent(tx, schemaOf(version), mine.at(-1)!);
        await projection.apply(tx, batch as never, share.writer);
      });
    }
    this.stand(end);
  }

  #isMine({ position, stream }: StoredEvent): boolean {
    if (position <= this.checkpoint.position || !stream.startsWith(`${this.projection.category}-`)) return false;
    return this.share.of === 1 || shareOf(stream, this.share.of) === this.share.writer;
  }

  /**
   * Applies what can be applied one by one, so that the event that cannot is known, and notes it; unless it was no
   * event's fault.
   */
  async #stop(events: readonly StoredEvent[], error: Error): Promise<never> {
    this.#order.forget();
    if (isNoEventsFault(error)) throw error;
    for (const event of events) {
      try {
        await this.#apply([event], event.position);
      } catch (cause) {
        this.#order.forget();
        if (isNoEventsFault(cause)) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `${event.type} ${event.id} (${event.stream} revision ${event.revision}): ${reason}`;
        const { position } = event;
        await noteError(this.db, { ...this.version, writer: this.share.writer }, this.checkpoint, {
          message,
          position,
        });
        throw new ProjectionStopped(message, { cause });
      }
    }
    throw new ProjectionStopped(`a batch failed whose events can each be applied: ${error.message}`, { cause: error });
  }
}

function isNoEventsFault(error: unknown): boolean {
  return error instanceof Superseded || isPassing(error);
}

/** Which of so many writers a stream belongs to: FNV-1a over its name, the same in every process and for ever. */
function shareOf(stream: string, writers: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < stream.length; index++) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % writers;
}
