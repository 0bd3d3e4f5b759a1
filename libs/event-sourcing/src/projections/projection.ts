import { type Tx } from '#libs/platform';
import { type DomainEvent } from '../domain-event.js';
import { type EventRegistry } from '../event-registry.js';
import { type EventMetadata, type StoredEvent } from '../metadata.js';

/** An event as a projection sees it: lifted to its current shape, with its place in the log. */
export type Recorded<Event extends DomainEvent = DomainEvent> = Event & {
  readonly id: string;
  /** The stream's id without its category. */
  readonly entityId: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly metadata: EventMetadata;
};

/** A table of a projection, shown to readers as a view of the same name. */
export interface ProjectionTable {
  readonly name: string;
  /** The columns that tell its rows apart, in what is compared. */
  readonly key: readonly string[];
  /**
   * A select statement that gives what is compared of it; all of it unless said otherwise. A table that sums over
   * entities has a row for each writer, and what is compared are the sums of all of them.
   */
  readonly compared?: string;
}

/**
 * A read model: how events become rows. Applied batch-wise, rows and checkpoint in one transaction; no side effects.
 *
 * Each version of a projection has a PostgreSQL schema of its own, `<name>_v<version>`, which is first in the
 * search path while it runs; readers use the views of the same names in `public`, which show the version in service.
 * So a version can be built beside the one in service and switched to at once.
 */
export interface Projection<Event extends DomainEvent = DomainEvent> {
  /** Lower case, underscores. */
  readonly name: string;
  /**
   * What tells this code from any other that might make other rows of the same events: see {@link codeFingerprint}. A
   * version is only ever written by the code that began it.
   */
  readonly code: string;
  /** The stream category it reads. */
  readonly category: string;
  readonly events: EventRegistry<Event>;
  readonly tables: readonly ProjectionTable[];
  /** DDL statements, run once in the projection's schema: tables with the keys that writing needs. */
  readonly ddl: readonly string[];
  /**
   * `create index if not exists` statements for readers, and for nothing that writing looks up: a version that is rebuilt
   * gets them when its rows are there.
   */
  readonly indexes?: readonly string[];
  /**
   * Applies a batch in log order with set-based SQL. Every revision of every stream comes once and in order.
   * @param writer several may write side by side, each the streams that are its own. A row that is not of one stream alone
   * belongs to its writer: the number is part of its key, and readers sum over all.
   */
  apply(tx: Tx, batch: readonly Recorded<Event>[], writer: number): Promise<void>;
}

/** A projection of whatever events: all that running it takes. */
export interface AnyProjection extends Omit<Projection, 'events' | 'apply'> {
  readonly events: Pick<EventRegistry<DomainEvent>, 'read'>;
  apply(tx: Tx, batch: readonly never[], writer: number): Promise<void>;
}

/** Lifts a stored event for a projection. @throws UnknownEvent */
export function recorded<Event extends DomainEvent>(
  registry: Pick<EventRegistry<Event>, 'read'>,
  stored: StoredEvent,
): Recorded<Event> {
  const { id, stream, revision, position, metadata } = stored;
  const { type, data } = registry.read(stored.type, metadata.schemaVersion, stored.data);
  const entityId = stream.slice(stream.indexOf('-') + 1);
  // One literal: spreading the event into it took thirty times as long.
  return { type, data, id, entityId, revision, position, metadata } as Recorded<Event>;
}
