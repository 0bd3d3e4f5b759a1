import { jsonEvent, KurrentDBClient, NO_STREAM, WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import { setTimeout as delay } from 'node:timers/promises';
import { StoredBytes } from './event-store-bytes.js';
import { EventStoreUnavailable, unavailable, within, WrongRevision } from './event-store-errors.js';
import { type RawEvent, type RawRead } from './event-store-wire.js';
import { type EventMetadata, type StoredEvent } from './metadata.js';

/** An event ready to be appended: its id is derived from the command so that the store recognises a retry. */
export interface EventToAppend {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  /** The metadata as the JSON text that was hashed. */
  readonly metadataJson: string;
}

/** One thing a subscription delivers, in log order. */
export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  /** Nothing that matches the filter lies before this position. */
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  /** The subscription has delivered all there was and is live. */
  | { readonly kind: 'caught-up' };

/** Revision an append expects the stream to be at; -1n for a stream that does not exist yet. */
export const NEW_STREAM = -1n;

const PATIENCE_MS = 15_000;
const encoder = new TextEncoder();

/** The one door to EventStoreDB / KurrentDB. Every append names the exact revision; ANY does not exist here. */
export class EventStore {
  readonly #client: KurrentDBClient;
  /** By category: the end of the log when it was last asked for, and where its last event was. */
  readonly #ends = new Map<string, { readonly end: bigint; readonly last: bigint }>();
  /** The same log as the bytes that are stored. */
  readonly bytes: StoredBytes;

  /** @param connectionString `kurrentdb://` or `esdb://` URL, as the official client takes it. */
  constructor(connectionString: string) {
    this.#client = KurrentDBClient.connectionString(connectionString);
    this.bytes = new StoredBytes(this.#client);
  }

  /**
   * Appends events to a stream that is at exactly `expected` ({@link NEW_STREAM}: does not exist), durably.
   * @returns revision of the last event and its commit position.
   * @throws WrongRevision | EventStoreUnavailable
   */
  async append(
    stream: string,
    expected: bigint,
    events: readonly EventToAppend[],
  ): Promise<{ revision: bigint; position: bigint }> {
    const proposed = events.map(({ id, type, data, metadataJson }) =>
      jsonEvent({ id, type, data: data as Record<string, unknown>, metadata: encoder.encode(metadataJson) }),
    );
    try {
      const streamState = expected === NEW_STREAM ? NO_STREAM : expected;
      // The client does not enforce the deadline of an append itself.
      const result = await within(PATIENCE_MS, this.#client.appendToStream(stream, proposed, { streamState }));
      // Servers before 22.6 leave the position out when an append is recognised as a retry.
      const position = result.position?.commit ?? (await this.#positionOf(stream, result.nextExpectedRevision));
      return { revision: result.nextExpectedRevision, position };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) throw new WrongRevision(`stream ${stream} is not at ${expected}`);
      throw unavailable(error);
    }
  }

  /** Reads a stream forwards. A stream that does not exist is empty. @throws EventStoreUnavailable */
  async *readStream(
    stream: string,
    { from = 0n, limit }: { from?: bigint; limit?: number } = {},
  ): AsyncGenerator<StoredEvent> {
    const options = { from, ...(limit !== undefined && { limit }), deleted: 'error' } as const;
    for await (const batch of this.bytes.stream(stream, options)) for (const event of batch) yield parsed(event);
  }

  /** The last event of a stream, or undefined when the stream does not exist. @throws EventStoreUnavailable */
  async readLast(stream: string): Promise<StoredEvent | undefined> {
    const event = await this.bytes.last(stream);
    return event && parsed(event);
  }

  /**
   * Commit position of the last event in the log, 0n when the log is empty. Also answers "is the store reachable?".
   * @throws EventStoreUnavailable
   */
  async lastPosition(): Promise<bigint> {
    const [last] = await this.bytes.before(undefined, 1);
    return last?.position ?? 0n;
  }

  /**
   * Commit position of the last event of a category, 0n when there is none: how far a reader of that category alone can have
   * come. Looks only at what has been written since it was asked before.
   */
  async lastOf(category: string): Promise<bigint> {
    const known = this.#ends.get(category) ?? { end: 0n, last: 0n };
    const prefix = `${category}-`;
    let end: bigint | undefined;
    const found = (last: bigint): bigint => {
      this.#ends.set(category, { end: end ?? known.end, last });
      return last;
    };
    for (let before: bigint | undefined; ;) {
      const page = await this.bytes.before(before, PAGE);
      for (const { position, stream } of page) {
        end ??= position;
        if (position <= known.end) return found(known.last);
        if (stream.startsWith(prefix)) return found(position);
      }
      before = page.at(-1)?.position;
      if (before === undefined) return found(known.last);
    }
  }

  /**
   * Delivers the events of the given categories after `after` (0n: from the start) and then live, strictly in log order,
   * each once, with checkpoints in the same order. Ends when `signal` aborts, and no sooner.
   * Back-pressure is that of the consumer: nothing is read ahead without bound.
   */
  async *subscribe(options: {
    after: bigint;
    categories: readonly string[];
    signal: AbortSignal;
  }): AsyncGenerator<readonly SubscriptionMessage[]> {
    for await (const batch of this.bytes.follow(options, message)) {
      const messages = batch.filter((one): one is SubscriptionMessage => one.kind !== 'nothing');
      if (messages.length > 0) yield messages;
    }
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  async #positionOf(stream: string, revision: bigint): Promise<bigint> {
    for await (const event of this.readStream(stream, { from: revision, limit: 1 })) return event.position;
    throw new Error(`event ${revision} of stream ${stream} was acknowledged and cannot be read`);
  }
}

const PAGE = 64;

/** What an answer says; that a subscription has begun says nothing. */
type Delivered = SubscriptionMessage | { readonly kind: 'nothing' };

const CAUGHT_UP = { kind: 'caught-up' } as const;
const NOTHING = { kind: 'nothing' } as const;

/** The official client's ways of a subscription took four times as long for the same. */
function message({ event, passed, caughtUp }: RawRead): Delivered {
  if (event) return { kind: 'event', event: parsed(event) };
  if (passed !== undefined) return { kind: 'checkpoint', position: passed };
  return caughtUp ? CAUGHT_UP : NOTHING;
}

function parsed({ id, stream, revision, position, type, data, metadata }: RawEvent): StoredEvent {
  return { id, stream, revision, position, type, data: json(data), metadata: json(metadata) as EventMetadata };
}

/** Of what is no JSON the text is given: whoever knows what it should be finds that it is not, and at which event. */
function json(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Connects to an event store, waiting until it answers: at a start, the store and its clients come up in any order. Each
 * try has a client of its own, because one whose first connection failed does not recover.
 * @throws EventStoreUnavailable when it does not answer in time.
 */
export async function connectEventStore(
  connectionString: string,
  { attempts = 120, waitMs = 500 }: { attempts?: number; waitMs?: number } = {},
): Promise<EventStore> {
  for (let attempt = 1; ; attempt++) {
    const store = new EventStore(connectionString);
    try {
      await store.lastPosition();
      return store;
    } catch (error) {
      await store.close();
      if (!(error instanceof EventStoreUnavailable) || attempt === attempts) throw error;
      await delay(waitMs);
    }
  }
}
