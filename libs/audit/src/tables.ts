import { type Database, makeTables } from '#libs/platform';

/**
 * The Merkle tree over the log, in a schema of its own. All of it follows from the log: without it, it is built again.
 */
const DDL: readonly string[] = [
  'create schema if not exists audit',
  // The one tree: how far it has come, its last event, and who may write. `epoch` grows with every follower that takes it.
  `create table if not exists audit.tree (
    single boolean primary key default true check (single), size bigint not null default 0,
    position bigint not null default 0, epoch bigint not null default 0, error text,
    last_event uuid, last_position bigint, updated_at timestamptz not null default now())`,
  'insert into audit.tree (size) values (0) on conflict do nothing',
  // Up to 256 hashes of 32 bytes each; see tiles.ts.
  `create table if not exists audit.tiles (
    level int not null, tile bigint not null, hashes bytea not null, primary key (level, tile))`,
  // Where an event is: its leaf, and its position in the log.
  `create table if not exists audit.leaves (event_id uuid primary key, leaf bigint not null, position bigint not null)`,
];

/** Creates what is missing of the tree's tables. */
export function installTree(db: Database): Promise<void> {
  return makeTables(db, DDL);
}
