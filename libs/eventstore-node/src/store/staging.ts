import { randomUUID } from 'node:crypto';
import { type Commit, type EventLog, type StoredEvent } from './event-log.js';
import { type RecentEvents } from './recent-events.js';
import { type StreamHead } from './stream-head.js';
import {
  DELETED,
  isMetadataStream,
  metadataStreamOf,
  parseStreamMetadata,
  streamOfMetadata,
  undeleted,
} from './stream-metadata.js';
import { encodeRecordedEvent, TOMBSTONE_REVISION, type ProposedEvent } from '../wire/recorded-event.js';

const NOTHING = Buffer.alloc(0);

/** The event that changes the settings of a stream. */
export const metadataEvent = (json: string): ProposedEvent => ({
  id: randomUUID(),
  type: '$metadata',
  isJson: true,
  data: Buffer.from(json),
  metadata: NOTHING,
});

/**
 * Collects what the next commit writes. Later writes of the same commit are judged on top of the earlier ones, while
 * readers still see the log as it was.
 */
export class Staging {
  readonly commit: Commit = { events: [], heads: new Map() };
  bytes = 0;
  #end: number;

  constructor(
    private readonly log: EventLog,
    private readonly recent: RecentEvents,
    private readonly created: number,
  ) {
    this.#end = log.end;
  }

  /** A metadata stream shares the end of its stream: it is tombstoned with it. */
  head(stream: string): StreamHead {
    const head = this.commit.heads.get(stream) ?? this.log.head(stream);
    if (!isMetadataStream(stream) || head.tombstoned || !this.head(streamOfMetadata(stream)).tombstoned) return head;
    return { ...head, tombstoned: true };
  }

  positionOf(head: StreamHead, revision: number): number | undefined {
    const staged = this.commit.events.find((event) => event.streamId === head.id && event.revision === revision);
    return staged?.position ?? this.log.positionOf(head, revision);
  }

  idAt(stream: string, revision: number): string | undefined {
    return this.log.idAt(this.log.head(stream), revision);
  }

  append(stream: string, event: ProposedEvent): StoredEvent {
    const head = this.#touch(stream);
    if (head.id === 0) head.id = this.#end;
    head.last++;
    const stored = this.#store(stream, event, head.last);
    this.commit.events.push({ ...stored, streamId: head.id, revision: head.last });
    this.recent.remember(event.id, stream, head.last);
    if (isMetadataStream(stream)) {
      const raw = event.isJson ? event.data.toString() : '';
      this.#touch(streamOfMetadata(stream)).metadata = parseStreamMetadata(raw);
    }
    return stored;
  }

  /** A deleted stream that is written again, or gets new settings, comes back without its old events. */
  revive(stream: string, nextRevision: number): void {
    const raw = this.head(stream).metadata?.raw ?? '{}';
    this.append(metadataStreamOf(stream), metadataEvent(undeleted(raw, nextRevision)));
  }

  delete(stream: string): StoredEvent {
    return this.append(metadataStreamOf(stream), metadataEvent(DELETED.raw));
  }

  tombstone(stream: string): StoredEvent {
    const head = this.#touch(stream);
    head.tombstoned = true;
    const event = { id: randomUUID(), type: '$streamDeleted', isJson: false, data: NOTHING, metadata: NOTHING };
    const stored = this.#store(stream, event, TOMBSTONE_REVISION);
    head.id = stored.position;
    this.commit.events.push({ ...stored, streamId: head.id });
    return stored;
  }

  #touch(stream: string): StreamHead {
    const staged = this.commit.heads.get(stream);
    if (staged) return staged;
    const copy = { ...this.log.head(stream) };
    this.commit.heads.set(stream, copy);
    return copy;
  }

  #store(stream: string, event: ProposedEvent, revision: number | bigint): StoredEvent {
    const position = this.#end;
    const record = encodeRecordedEvent(event, { stream, revision, position, created: this.created });
    this.#end += record.length;
    this.bytes += record.length;
    return { position, record };
  }
}
