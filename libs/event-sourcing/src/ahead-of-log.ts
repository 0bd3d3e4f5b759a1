import { type Kysely, sql } from 'kysely';
import { type Database, type Tx } from '#libs/platform';
import { type EventStore } from './event-store.js';
import { type StoredEvent } from './metadata.js';

/** A reader has seen events that the log does not have: it was restored from an older backup, or it is another log. */
export class AheadOfLog extends Error {
  override readonly name = 'AheadOfLog';

  constructor(reader: string, found: string) {
    super(
      `${reader} has seen events that are not in the log (${found}): the log was restored from an older backup, or is ` +
        'another one. Stop Paybill and restore log and database from the same backup: docs/runbooks/restore.md',
    );
  }
}

/** An event a reader has seen. */
export type LogMark = Pick<StoredEvent, 'stream' | 'revision' | 'id'>;

/** The table of marks. Readers make it with their own tables. */
export const LOG_MARKS_DDL: readonly string[] = [
  `create table if not exists public.log_marks (
    reader text primary key, stream text not null, revision bigint not null, event_id uuid not null)`,
];

/**
 * Remembers the last event that a reader has seen, in the transaction that moves its position. A position is a number that
 * any log reaches in time; the id of an event is made from the hash of all that came before it in its stream.
 */
export async function markEvent(tx: Tx, reader: string, { stream, revision, id }: LogMark): Promise<void> {
  await sql`
    insert into public.log_marks (reader, stream, revision, event_id)
    values (${reader}, ${stream}, ${String(revision)}, ${id}::uuid)
    on conflict (reader) do update
    set stream = excluded.stream, revision = excluded.revision, event_id = excluded.event_id`.execute(tx);
}

/** The marks of all readers. */
export async function logMarks(db: Kysely<unknown>): Promise<Map<string, LogMark>> {
  const { rows } = await sql<{ reader: string; stream: string; revision: string; event_id: string }>`
    select reader, stream, revision, event_id from public.log_marks`.execute(db);
  return new Map(
    rows.map(({ reader, stream, revision, event_id: id }) => [reader, { stream, revision: BigInt(revision), id }]),
  );
}

/**
 * Sees to it, before a reader goes on, that the log is the one it has read: it has the reader's mark, or, for a reader
 * that has none, does not end before its position. Asked once at a start: a log that has lost its end and grows again
 * would otherwise be followed from somewhere in the middle.
 * @throws AheadOfLog
 */
export async function requireSameLog(
  db: Database,
  store: Pick<EventStore, 'lastPosition' | 'readStream'>,
  reader: string,
  position: bigint,
): Promise<void> {
  if (position === 0n) return;
  const mark = (await logMarks(db.sql)).get(reader);
  if (mark === undefined) {
    const end = await store.lastPosition();
    if (position > end) throw new AheadOfLog(reader, `it is at position ${position}, the log ends at ${end}`);
    return;
  }
  const { stream, revision, id } = mark;
  for await (const event of store.readStream(stream, { from: revision, limit: 1 })) {
    if (event.revision === revision && event.id === id) return;
    throw new AheadOfLog(reader, `${stream} revision ${revision} is ${event.id} and was ${id}`);
  }
  throw new AheadOfLog(reader, `${stream} has no revision ${revision}`);
}
