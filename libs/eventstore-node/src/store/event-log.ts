import { mkdirSync } from 'node:fs';
import { type Database, type RootDatabase } from 'lmdb';
import { BoundedMap } from './bounded-map.js';
import { lockDirectory } from './directory-lock.js';
import { openDatabase } from './database.js';
import { indexKey, LAST_KEY, positionKey, positionOfKey } from './keys.js';
import { decodeHead, emptyHead, encodeHead, headKey, type StreamHead } from './stream-head.js';
import { recordedId } from '../wire/recorded-event.js';

/** One stored event: its position in the log and its protocol bytes. */
export interface StoredEvent {
  position: number;
  record: Buffer;
}

/** What one commit adds; all of it becomes durable and visible together. */
export interface Commit {
  /** Without a revision (a tombstone) an event is in the log but not in its stream. */
  events: (StoredEvent & { streamId: number; revision?: number })[];
  heads: Map<string, StreamHead>;
}

/** Positions are byte offsets; the space in front of the first event stands for the log's own header. */
const FIRST_POSITION = 256;
const HEADS_CACHED = 20_000;
/** A page of events is closed at this size. */
const PAGE_BYTES = 256 * 1024;

// lmdb's types lack the options of an asynchronous put. Appending fills pages to the brim instead of splitting them.
const APPEND = { append: true } as unknown as number;

/** Takes events until the page is large enough. */
function takePage(events: Iterable<StoredEvent>): StoredEvent[] {
  const page: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    page.push(event);
    bytes += event.record.length;
    if (bytes >= PAGE_BYTES) break;
  }
  return page;
}

/**
 * The durable log: events by position, an index from stream and revision to position, and stream heads, in lmdb.
 * Reads see committed data only.
 */
export class EventLog {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #events: Database<Buffer, Buffer>;
  readonly #index: Database<Buffer, Buffer>;
  readonly #heads: Database<Buffer, Buffer>;
  readonly #headCache = new BoundedMap<string, StreamHead>(HEADS_CACHED);
  readonly #unlock: () => void;
  #end = FIRST_POSITION;
  #last = 0;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#unlock = lockDirectory(directory);
    const root = openDatabase(directory, this.#unlock);
    const table = (name: string): Database<Buffer, Buffer> =>
      root.openDB({ name, encoding: 'binary', keyEncoding: 'binary', cache: false });
    this.#root = root;
    this.#events = table('events');
    this.#index = table('index');
    this.#heads = table('heads');
    for (const last of this.backward(undefined, 1)) {
      this.#last = last.position;
      this.#end = last.position + last.record.length;
    }
  }

  /** The position the next event will have. */
  get end(): number {
    return this.#end;
  }

  /** The position of the last event, 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** The head of a stream; streams nobody wrote to have one too. It must not be changed by the caller. */
  head(stream: string): StreamHead {
    const cached = this.#headCache.get(stream);
    if (cached) return cached;
    const bytes = this.#heads.get(headKey(stream));
    const head = bytes ? decodeHead(stream, bytes) : emptyHead(stream);
    this.#headCache.set(stream, head);
    return head;
  }

  at(position: number): Buffer | undefined {
    return this.#events.get(positionKey(position));
  }

  positionOf(head: StreamHead, revision: number): number | undefined {
    if (head.id === 0 || revision < 0 || revision > head.last) return undefined;
    return this.#index.get(indexKey(head.id, revision))?.readUIntBE(0, 6);
  }

  /** One event of a stream, whatever the stream's metadata says. */
  event(head: StreamHead, revision: number): StoredEvent | undefined {
    const position = this.positionOf(head, revision);
    const record = position === undefined ? undefined : this.at(position);
    return record && position !== undefined ? { position, record } : undefined;
  }

  idAt(head: StreamHead, revision: number): string | undefined {
    const event = this.event(head, revision);
    return event && recordedId(event.record);
  }

  /** The next events from a position on, in order: at most `limit`, fewer when they are large, none at the end. */
  forward(from: number, limit: number): StoredEvent[] {
    const range = this.#events.getRange({ start: positionKey(Math.max(from, 0)), limit });
    return takePage(range.map(({ key, value }) => ({ position: positionOfKey(key), record: value })));
  }

  /** The next events before a position (undefined: from the end), last first. */
  backward(before: number | undefined, limit: number): StoredEvent[] {
    if (before !== undefined && before <= 0) return [];
    const start = before === undefined ? LAST_KEY : positionKey(before - 1);
    const range = this.#events.getRange({ start, limit, reverse: true });
    return takePage(range.map(({ key, value }) => ({ position: positionOfKey(key), record: value })));
  }

  /** The next events of a stream from one revision towards another, both included. */
  ofStream(head: StreamHead, first: number, last: number): StoredEvent[] {
    const range = this.#index.getRange({
      start: indexKey(head.id, first),
      end: indexKey(head.id, last),
      inclusiveEnd: true,
      reverse: first > last,
    });
    return takePage(
      range.map(({ value }) => {
        const position = value.readUIntBE(0, 6);
        return { position, record: this.at(position)! };
      }),
    );
  }

  /** Writes a commit and resolves when it is on disk. There is one writer, and it awaits each commit. */
  async commit({ events, heads }: Commit): Promise<void> {
    let written: Promise<boolean> | undefined;
    for (const { position, record, streamId, revision } of events) {
      const key = positionKey(position);
      written = this.#events.put(key, record, APPEND);
      if (revision !== undefined) written = this.#index.put(indexKey(streamId, revision), key.subarray(2));
    }
    for (const [stream, head] of heads) written = this.#heads.put(headKey(stream), encodeHead(head));
    // lmdb puts all writes of one turn of the event loop into one transaction, so the last promise speaks for all.
    await written;
    for (const [stream, head] of heads) this.#headCache.set(stream, head);
    const last = events.at(-1);
    if (!last) return;
    this.#last = last.position;
    this.#end = last.position + last.record.length;
  }

  async close(): Promise<void> {
    await this.#root.close();
    this.#unlock();
  }
}
