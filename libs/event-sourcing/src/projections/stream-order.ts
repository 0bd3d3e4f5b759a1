import { LRUCache } from 'lru-cache';
import { sql } from 'kysely';
import { type Tx } from '#libs/platform';
import { type StoredEvent } from '../metadata.js';
import { type VersionId } from './versions.js';

/** Events are missing between what a version has and what it is given. */
class EventsMissing extends Error {
  override readonly name = 'EventsMissing';
}

const REMEMBERED = 50_000;

/**
 * Sees to it that every revision of every stream comes once and in order: a gap means that the log or the filter is wrong.
 * What the database holds is remembered, for nobody else writes there.
 */
export class StreamOrder {
  readonly #revisions = new LRUCache<string, bigint>({ max: REMEMBERED });

  constructor(private readonly version: VersionId) {}

  /** Checks a batch and notes, in its transaction, the last revisions it leads to. @throws EventsMissing */
  async keep(tx: Tx, events: readonly StoredEvent[]): Promise<void> {
    const unknown = new Set<string>();
    for (const { stream, revision } of events) if (revision > 0n && !this.#revisions.has(stream)) unknown.add(stream);
    const found = unknown.size > 0 ? await this.#read(tx, [...unknown]) : new Map<string, bigint>();
    const next = new Map<string, bigint>();
    for (const { stream, revision } of events) {
      const last = next.get(stream) ?? this.#revisions.get(stream) ?? found.get(stream) ?? -1n;
      if (revision !== last + 1n) {
        throw new EventsMissing(`stream ${stream} goes from revision ${last} to ${revision}: events are missing`);
      }
      next.set(stream, revision);
    }
    await this.#write(tx, next);
    // Remembered ahead of the commit: whoever sees it fail forgets them.
    for (const [stream, revision] of next) this.#revisions.set(stream, revision);
  }

  forget(): void {
    this.#revisions.clear();
  }

  async #read(tx: Tx, streams: readonly string[]): Promise<Map<string, bigint>> {
    const { name, version } = this.version;
    const { rows } = await sql<{ stream: string; revision: string }>`
      select stream, revision from projection_streams
      where name = ${name} and version = ${version} and stream = any(${streams}::text[])`.execute(tx);
    return new Map(rows.map(({ stream, revision }) => [stream, BigInt(revision)]));
  }

  async #write(tx: Tx, revisions: ReadonlyMap<string, bigint>): Promise<void> {
    const { name, version } = this.version;
    await sql`
      insert into projection_streams (name, version, stream, revision)
      select ${name}, ${version}::int, s, r from unnest(
        ${[...revisions.keys()]}::text[], ${[...revisions.values()].map(String)}::bigint[]) as t (s, r)
      on conflict (name, version, stream) do update set revision = excluded.revision`.execute(tx);
  }
}
