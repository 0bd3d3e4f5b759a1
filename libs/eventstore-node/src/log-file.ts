import { open, type Database, type RootDatabase } from 'lmdb';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { READ_ONLY, requireDatabase } from './store/database.js';
import { positionOfKey } from './store/keys.js';
import { readRecorded } from './wire/recorded-event.js';

/** An event as it lies in the file of a log. */
export interface FiledEvent {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  /** The stored bytes, of JSON as a rule. */
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/**
 * The file of a log, read without a node: also of one that a node is writing, whose commits the reader sees whole or not
 * at all. Nothing is written, but for `lock.mdb`, by which lmdb keeps readers and the writer apart.
 */
export class LogFile {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #events: Database<Buffer, Buffer>;

  /**
   * @param directory of the node, with its `data.mdb`
   * @throws Error when there is no log, or it is not the file of an event store
   */
  constructor(directory: string) {
    const path = join(directory, 'data.mdb');
    if (!existsSync(path)) throw new Error(`${path} does not exist.`);
    requireDatabase(path);
    this.#root = open<Buffer, Buffer>(directory, READ_ONLY);
    this.#events = this.#root.openDB({ name: 'events', encoding: 'binary', keyEncoding: 'binary', cache: false });
  }

  /** How many events there are, those of the node's own streams included. */
  get count(): number {
    return (this.#events.getStats() as { entryCount: number }).entryCount;
  }

  /** Position of the last event, 0 when there is none. */
  get lastPosition(): bigint {
    for (const key of this.#events.getKeys({ reverse: true, limit: 1 }) as Iterable<unknown> as Iterable<Buffer>) {
      return BigInt(positionOfKey(key));
    }
    return 0n;
  }

  /** All events in the order of the log. */
  *events(): Generator<FiledEvent> {
    for (const { key, value } of this.#events.getRange({})) {
      yield { position: BigInt(positionOfKey(key)), ...readRecorded(value) };
    }
  }

  /**
   * Copies the log as it is at one moment into a directory, which is created. A node can be started on the copy. Writers go
   * on meanwhile; their file may grow, because room that is given up cannot be used again before the copy is done.
   */
  async copyTo(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    await this.#root.backup(directory, false);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}
