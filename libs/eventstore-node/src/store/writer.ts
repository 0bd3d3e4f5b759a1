import { judge, type Verdict } from './consistency.js';
import { type EventLog } from './event-log.js';
import { RecentEvents } from './recent-events.js';
import { Staging } from './staging.js';
import { isMetadataStream, isSoftDeleted, metadataStreamOf, streamOfMetadata } from './stream-metadata.js';
import {
  type AppendWrite,
  type DeleteWrite,
  type Refusal,
  type StreamExpectation,
  type Write,
  type WriteResult,
} from './write.js';
import { readRecordedHeader } from '../wire/recorded-event.js';

interface Waiting {
  write: Write;
  resolve: (result: WriteResult) => void;
  reject: (error: Error) => void;
}

/** A commit is closed at about this size, so that one fsync never waits for an endless queue. */
const COMMIT_BYTES = 2 * 1024 * 1024;

/**
 * The only writer. Writes are judged in the order of their arrival; those that arrive while a commit is on its way to the
 * disk share the next one. Nothing is answered before it is on disk. An I/O error stops the node for good.
 */
export class Writer {
  #queue: Waiting[] = [];
  #working: Promise<void> | undefined;
  #stopped: Error | undefined;
  #lastCreated = 0;
  readonly #recent: RecentEvents;

  constructor(
    private readonly log: EventLog,
    private readonly onCommit: () => void,
    private readonly onFatal: (error: Error) => void,
    private readonly clock: () => number = Date.now,
  ) {
    this.#recent = new RecentEvents(log);
    for (const { record } of log.backward(undefined, 1)) this.#lastCreated = readRecordedHeader(record).created;
  }

  write(write: Write): Promise<WriteResult> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Finishes what was accepted and accepts nothing more. */
  async close(): Promise<void> {
    this.#stopped ??= new Error('The event store is shutting down.');
    await this.#working;
  }

  async #work(): Promise<void> {
    try {
      // One turn of the event loop collects everything that came with the same packet.
      await new Promise(setImmediate);
      while (this.#queue.length > 0) await this.#commitNext();
    } catch (error) {
      this.#stopped = error as Error;
      for (const { reject } of this.#queue) reject(this.#stopped);
      this.onFatal(this.#stopped);
    } finally {
      this.#working = undefined;
    }
  }

  async #commitNext(): Promise<void> {
    // Time never runs backwards in the log, whatever the system clock does.
    this.#lastCreated = Math.max(this.#lastCreated, this.clock());
    const staging = new Staging(this.log, this.#recent, this.#lastCreated);
    const answers: (() => void)[] = [];
    let taken = 0;
    for (const { write, resolve } of this.#queue) {
      if (staging.bytes > COMMIT_BYTES) break;
      const result = write.kind === 'append' ? this.#append(staging, write) : this.#delete(staging, write);
      answers.push(() => resolve(result));
      taken++;
    }
    if (staging.commit.heads.size > 0) await this.log.commit(staging.commit);
    this.#queue = this.#queue.slice(taken);
    for (const answer of answers) answer();
    if (staging.commit.events.length > 0) this.onCommit();
  }

  #append(staging: Staging, { streams, events }: AppendWrite): WriteResult {
    const ids = streams.map((): string[] => []);
    for (const { target, event } of events) ids[target]!.push(event.id);
    const verdicts = streams.map((expectation, target) => this.#judge(staging, expectation, ids[target]!));
    const repeated = verdicts.filter((verdict) => verdict.kind === 'written').length;
    const writing = ids.filter((list) => list.length > 0).length;
    // A repeated write gets its first answer even when streams it only checked have moved on since.
    if (repeated > 0 && repeated === writing) return this.#repeat(staging, streams, verdicts);
    const refusals = streams.flatMap((expectation, target) =>
      verdicts[target]!.kind === 'append' ? [] : [this.#refuse(staging, expectation, target)],
    );
    if (refusals.length > 0) return { ok: false, refusals };
    return this.#stage(staging, { kind: 'append', streams, events });
  }

  #stage(staging: Staging, { streams, events }: AppendWrite): WriteResult {
    const wasDeleted = new Map<string, number>();
    for (const { target } of events) {
      const stream = streams[target]!.stream;
      const deleted = isMetadataStream(stream) ? streamOfMetadata(stream) : stream;
      const head = staging.head(deleted);
      if (isSoftDeleted(head.metadata)) wasDeleted.set(deleted, head.last + 1);
    }
    let position: number | undefined;
    for (const { target, event } of events) position = staging.append(streams[target]!.stream, event).position;
    for (const [stream, nextRevision] of wasDeleted) staging.revive(stream, nextRevision);
    const written = new Set(events.map(({ target }) => target));
    const lastRevisions = streams.map(({ stream }, target) => {
      const head = staging.head(stream);
      return head.tombstoned && !written.has(target) ? -1 : head.last;
    });
    return { ok: true, lastRevisions, position };
  }

  #repeat(staging: Staging, streams: StreamExpectation[], verdicts: Verdict[]): WriteResult {
    const lastRevisions = verdicts.map((verdict) => (verdict.kind === 'written' ? verdict.lastRevision : -1));
    const positions = streams.map(({ stream }, target) =>
      staging.positionOf(staging.head(stream), lastRevisions[target]!),
    );
    return { ok: true, lastRevisions, position: Math.max(...positions.map((position) => position ?? 0)) };
  }

  #delete(staging: Staging, { kind, stream, expected }: DeleteWrite): WriteResult {
    if (this.#judge(staging, { stream, expected }, []).kind === 'conflict' || staging.head(stream).tombstoned) {
      return { ok: false, refusals: [this.#refuse(staging, { stream, expected }, 0)] };
    }
    const { position } = kind === 'delete' ? staging.delete(stream) : staging.tombstone(stream);
    return { ok: true, lastRevisions: [staging.head(stream).last], position };
  }

  #judge(staging: Staging, { stream, expected }: StreamExpectation, ids: string[]): Verdict {
    return judge(staging.head(stream), expected, ids, {
      recentRevision: (id) => this.#recent.revisionIn(stream, id),
      idAt: (revision) => staging.idAt(stream, revision),
      hasMetadata: () => staging.head(metadataStreamOf(stream)).last >= 0,
    });
  }

  #refuse(staging: Staging, { stream, expected }: StreamExpectation, target: number): Refusal {
    const { last, tombstoned, metadata } = staging.head(stream);
    return { target, stream, expected, actual: last, tombstoned, softDeleted: isSoftDeleted(metadata) };
  }
}
