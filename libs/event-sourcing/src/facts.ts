import { type DomainEvent } from './domain-event.js';
import { type EventRegistry } from './event-registry.js';
import { type EventStore, type EventToAppend, NEW_STREAM } from './event-store.js';
import { GENESIS_HASH, link, sha256 } from './hash-chain.js';
import { type CommandMetadata, type StoredEvent } from './metadata.js';

/** The end of a stream: what the next event is appended to. */
export interface StreamEnd {
  readonly revision: bigint;
  /** Hash of the last event. */
  readonly hash: string;
  readonly recordedAt: string;
}

/** The end of a stream whose last event is known; without one the stream is new. */
export function endOf(last: StoredEvent | undefined): StreamEnd {
  if (!last) return { revision: NEW_STREAM, hash: GENESIS_HASH, recordedAt: '' };
  return { revision: last.revision, hash: last.metadata.hash, recordedAt: last.metadata.recordedAt };
}

/** Something that has happened, and who caused it: recorded without a decision, so that no state has to be folded for it. */
export interface Fact<Event extends DomainEvent> {
  readonly event: Event;
  readonly metadata: CommandMetadata;
}

/**
 * Appends facts at exactly the end given, all or none, durably, each linked to the one before as the events of commands are.
 * @returns the end of the stream after them, and the position of the last.
 * @throws WrongRevision when the stream ends elsewhere by now; EventStoreUnavailable
 */
export async function appendFacts<Event extends DomainEvent>(
  store: EventStore,
  stream: string,
  registry: EventRegistry<Event>,
  end: StreamEnd,
  facts: readonly Fact<Event>[],
  now: Date,
): Promise<{ end: StreamEnd; position: bigint }> {
  const at = now.toISOString();
  const recordedAt = at > end.recordedAt ? at : end.recordedAt;
  let { revision, hash } = end;
  const toAppend = facts.map(({ event, metadata }): EventToAppend => {
    registry.check(event);
    revision += 1n;
    const linked = link(
      { stream, revision, type: event.type, data: event.data },
      {
        ...metadata,
        commandHash: sha256(`${event.type}\n${JSON.stringify(event.data)}`),
        schemaVersion: registry.versionOf(event.type),
        recordedAt,
        previousHash: hash,
      },
    );
    hash = linked.hash;
    return { id: linked.id, type: event.type, data: event.data, metadataJson: linked.metadataJson };
  });
  const { position } = await store.append(stream, end.revision, toAppend);
  return { end: { revision, hash, recordedAt }, position };
}
