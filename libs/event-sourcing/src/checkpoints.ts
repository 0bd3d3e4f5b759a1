import { sql } from 'kysely';
import { type Database, type Tx } from '#libs/platform';
import { type AnyProjection } from './projection.js';

/** Another runner has taken the projection over; this one must not write any more. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Where a runner is with one projection. */
export interface Checkpoint {
  /** Commit position up to which the log has been applied; 0n: nothing yet. */
  readonly position: bigint;
  /** Grows by one with every runner that takes the projection: the fence against two writers. */
  readonly epoch: bigint;
}

const DDL = [
  `create table if not exists projection_checkpoints (
    name text not null, version int not null,
    position bigint not null default 0, epoch bigint not null default 0,
    active boolean not null, updated_at timestamptz not null default now(),
    error text, error_position bigint,
    primary key (name, version))`,
  `create table if not exists projection_streams (
    name text not null, version int not null, stream text not null, revision bigint not null,
    primary key (name, version, stream))`,
];

/** The PostgreSQL schema a version of a projection lives in. */
export function schemaOf({ name, version }: Pick<AnyProjection, 'name' | 'version'>): string {
  return `${name}_v${version}`;
}

/**
 * Creates what is missing: bookkeeping and the projection's schema with its tables. The first version of a projection is
 * shown to readers at once; a later one only when it is {@link activate}d, so that nobody reads a half-built one.
 */
export async function install(db: Database, projections: readonly AnyProjection[]): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    // Two processes may start at once; the second waits here and finds everything in place.
    await sql`select pg_advisory_xact_lock(7264223)`.execute(tx);
    for (const statement of DDL) await sql.raw(statement).execute(tx);
    for (const projection of projections) await installOne(tx, projection);
  });
}

async function installOne(tx: Tx, projection: AnyProjection): Promise<void> {
  const { name, version } = projection;
  const { rows } = await sql<{ version: number }>`
    select version from projection_checkpoints where name = ${name}`.execute(tx);
  if (rows.some((known) => known.version === version)) return;
  await sql`create schema ${sql.id(schemaOf(projection))}`.execute(tx);
  await sql`set local search_path to ${sql.id(schemaOf(projection))}, public`.execute(tx);
  for (const statement of projection.ddl) await sql.raw(statement).execute(tx);
  await sql`set local search_path to public`.execute(tx);
  const first = rows.length === 0;
  await sql`insert into projection_checkpoints (name, version, active) values (${name}, ${version}, ${first})`.execute(
    tx,
  );
  if (first) await show(tx, projection);
}

/** Puts a version of a projection in service in place of the one before, for all readers at once. */
export async function activate(db: Database, projection: AnyProjection): Promise<void> {
  const { name, version } = projection;
  await db.sql.transaction().execute(async (tx) => {
    const { rows } = await sql`
      select 1 from projection_checkpoints where name = ${name} and version = ${version} and active`.execute(tx);
    if (rows.length > 0) return;
    await show(tx, projection);
    await sql`update projection_checkpoints set active = (version = ${version}) where name = ${name}`.execute(tx);
  });
}

/** Makes the views that readers use show the tables of this version. */
async function show(tx: Tx, projection: AnyProjection): Promise<void> {
  for (const { name: table } of projection.tables) {
    await sql`drop view if exists public.${sql.id(table)}`.execute(tx);
    await sql`create view public.${sql.id(table)} as select * from ${sql.id(schemaOf(projection), table)}`.execute(tx);
  }
}

/** Takes a projection for this runner: whoever held it before can no longer write. */
export async function take(db: Database, { name, version }: AnyProjection): Promise<Checkpoint> {
  const { rows } = await sql<{ position: string; epoch: string }>`
    update projection_checkpoints set epoch = epoch + 1, error = null, error_position = null
    where name = ${name} and version = ${version} returning position, epoch`.execute(db.sql);
  const row = rows[0];
  if (!row) throw new Error(`projection ${name} version ${version} is not installed`);
  return { position: BigInt(row.position), epoch: BigInt(row.epoch) };
}

/** Moves the checkpoint inside the transaction that writes the rows. @throws Superseded */
export async function advance(
  tx: Tx,
  { name, version }: AnyProjection,
  from: Checkpoint,
  position: bigint,
): Promise<void> {
  const { numAffectedRows } = await sql`
    update projection_checkpoints set position = ${String(position)}, updated_at = now()
    where name = ${name} and version = ${version}
      and position = ${String(from.position)} and epoch = ${String(from.epoch)}`.execute(tx);
  if (numAffectedRows !== 1n) throw new Superseded(`another runner has taken projection ${name}`);
}

/** Notes why a projection stands still, for health, console and CLI. */
export async function noteError(
  db: Database,
  { name, version }: AnyProjection,
  { epoch }: Checkpoint,
  message: string,
  position: bigint,
): Promise<void> {
  await sql`
    update projection_checkpoints set error = ${message}, error_position = ${String(position)}
    where name = ${name} and version = ${version} and epoch = ${String(epoch)}`.execute(db.sql);
}

/** The last revision applied of each of the given streams. */
export async function lastRevisions(
  tx: Tx,
  { name, version }: AnyProjection,
  streams: readonly string[],
): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ stream: string; revision: string }>`
    select stream, revision from projection_streams
    where name = ${name} and version = ${version} and stream = any(${streams}::text[])`.execute(tx);
  return new Map(rows.map(({ stream, revision }) => [stream, BigInt(revision)]));
}

export async function saveRevisions(
  tx: Tx,
  { name, version }: AnyProjection,
  revisions: ReadonlyMap<string, bigint>,
): Promise<void> {
  await sql`
    insert into projection_streams (name, version, stream, revision)
    select ${name}, ${version}::int, s, r from unnest(
      ${[...revisions.keys()]}::text[], ${[...revisions.values()].map(String)}::bigint[]) as t (s, r)
    on conflict (name, version, stream) do update set revision = excluded.revision`.execute(tx);
}

/** How a projection stands, as the database knows it: also true when its runner is another process, or is down. */
export interface ProjectionPosition {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
  readonly updatedAt: Date;
  /** Why it stopped, naming the event, when it did. */
  readonly error: string | null;
}

/** The versions in service, and those being built to take their place. */
export async function projectionPositions(db: Database): Promise<ProjectionPosition[]> {
  const { rows } = await sql<{
    name: string;
    version: number;
    position: string;
    updated_at: Date;
    error: string | null;
  }>`
    select name, version, position, updated_at, error from projection_checkpoints as p
    where active or version > (select max(version) from projection_checkpoints where name = p.name and active)
    order by name, version`.execute(db.sql);
  return rows.map(({ updated_at: updatedAt, position, ...row }) => ({ ...row, position: BigInt(position), updatedAt }));
}
