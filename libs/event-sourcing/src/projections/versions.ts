import { sql } from 'kysely';
import { ADVISORY_LOCKS, type ColumnTypes, type Database, fromRows, type Tx } from '#libs/platform';
import { LOG_MARKS_DDL } from '../ahead-of-log.js';
import { type AnyProjection } from './projection.js';

/** Another runner writes the version, or it is in service no longer; this one must not write any more. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * What a version of a projection is there for. `building`: it is being made beside the one in service. `active`: readers
 * are shown it. `closing`: they still are, and nobody writes it any more, since another is about to take its place.
 * `retired`: another has.
 */
export type VersionState = 'building' | 'active' | 'closing' | 'retired';

/** One version of a projection: tables of their own, numbered in the order in which they were begun. */
export interface Version {
  readonly name: string;
  readonly version: number;
  readonly state: VersionState;
  /** Of the code that writes it; empty for one from before that was kept. */
  readonly code: string;
}

/** Which version of which projection. */
export type VersionId = Pick<Version, 'name' | 'version'>;

/** Where a writer is with its share of a version. */
export interface Checkpoint {
  /** Commit position up to which the log has been applied; 0n: nothing yet. */
  readonly position: bigint;
  /** Grows by one with every runner that takes the version: the fence against two writers. */
  readonly epoch: bigint;
}

const DDL = [
  `create table if not exists projection_versions (
    name text not null, version int not null, state text not null, code text not null,
    created_at timestamptz not null default now(), activated_at timestamptz, retired_at timestamptz,
    primary key (name, version))`,
  `create unique index if not exists projection_versions_shown on projection_versions (name)
    where state in ('active', 'closing')`,
  `create table if not exists projection_checkpoints (
    name text not null, version int not null, writer smallint not null default 0,
    position bigint not null default 0, epoch bigint not null default 0, events bigint not null default 0,
    updated_at timestamptz not null default now(), error text, error_position bigint,
    primary key (name, version, writer))`,
  `create table if not exists projection_streams (
    name text not null, version int not null, stream text not null, revision bigint not null,
    primary key (name, version, stream))`,
  `create table if not exists projection_jobs (
  name text primary key, id uuid not null default gen_random_uuid(), kind text not null, phase text not null, version int, code text not null,
  writers smallint not null, accept_differences boolean not null, as_it_stood boolean not null,
  requested_by text not null, requested_at timestamptz not null default now(), finished_at timestamptz,
  note text, error text, comparison json)`,
  ...LOG_MARKS_DDL,
];

/** What the tables looked like before versions were told apart by their code: turned into what they are now, once. */
const FROM_BEFORE = [
  `insert into projection_versions (name, version, state, code, activated_at)
    select name, version, case when active then 'active' else 'retired' end, '', case when active then now() end
    from projection_checkpoints`,
  `alter table projection_checkpoints drop column active, drop constraint projection_checkpoints_pkey,
    add column writer smallint not null default 0, add column events bigint not null default 0,
    add primary key (name, version, writer)`,
];

/** The PostgreSQL schema a version of a projection lives in. */
export function schemaOf({ name, version }: VersionId): string {
  return `${name}_v${version}`;
}

/** Has the statements of a transaction see the tables of a version under their plain names. */
export async function withinSchema(tx: Tx, version: VersionId): Promise<void> {
  await sql`set local search_path to ${sql.id(schemaOf(version))}, public`.execute(tx);
}

/** Creates what is missing: the bookkeeping, and of a projection that nobody has installed before its first version. */
export async function install(db: Database, projections: readonly AnyProjection[]): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    // Two processes may start at once; the second waits here and finds everything in place.
    await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.tables}::bigint)`.execute(tx);
    const { rows } = await sql`select 1 from information_schema.columns
      where table_schema = 'public' and table_name = 'projection_checkpoints' and column_name = 'active'`.execute(tx);
    for (const statement of DDL) await sql.raw(statement).execute(tx);
    if (rows.length > 0) for (const statement of FROM_BEFORE) await sql.raw(statement).execute(tx);
    for (const projection of projections) {
      const known = await sql`select 1 from projection_versions where name = ${projection.name}`.execute(tx);
      if (known.rows.length > 0) continue;
      const first = await begin(tx, projection, { state: 'active', writers: 1 });
      await addIndexes(tx, projection, first);
      await show(tx, projection, first);
    }
  });
}

/** Makes the tables of a new version, empty. */
export async function begin(
  tx: Tx,
  projection: AnyProjection,
  { state, writers }: { state: 'building' | 'active'; writers: number },
): Promise<Version> {
  const { name, code } = projection;
  const { rows } = await sql<{ version: number }>`
    insert into projection_versions (name, version, state, code, activated_at)
    select ${name}, coalesce(max(version), 0) + 1, ${state}, ${code}, case when ${state} = 'active' then now() end
    from projection_versions where name = ${name} returning version`.execute(tx);
  const made: Version = { name, version: rows[0]!.version, state, code };
  await sql`create schema ${sql.id(schemaOf(made))}`.execute(tx);
  await withinSchema(tx, made);
  for (const statement of projection.ddl) await sql.raw(statement).execute(tx);
  await sql`set local search_path to public`.execute(tx);
  await sql`insert into projection_checkpoints (name, version, writer)
    select ${name}, ${made.version}::int, writer from generate_series(0, ${writers - 1}::int) as writer`.execute(tx);
  return made;
}

/** Gives a version the indexes that its readers need. */
export async function addIndexes(tx: Tx, { indexes = [] }: AnyProjection, version: Version): Promise<void> {
  await withinSchema(tx, version);
  for (const statement of indexes) await sql.raw(statement).execute(tx);
  await sql`set local search_path to public`.execute(tx);
}

/** Makes the views that readers use show the tables of this version. */
async function show(tx: Tx, { name: projection, tables }: AnyProjection, version: Version): Promise<void> {
  const named = new Set(tables.map(({ name }) => name));
  for (const gone of await viewsOf(tx, projection)) {
    if (!named.has(gone)) await sql`drop view public.${sql.id(gone)}`.execute(tx);
  }
  for (const { name } of tables) {
    await sql`drop view if exists public.${sql.id(name)}`.execute(tx);
    await sql`create view public.${sql.id(name)} as select * from ${sql.id(schemaOf(version), name)}`.execute(tx);
  }
}

/** The views through which readers are shown the tables of a projection. */
export async function viewsOf(tx: Tx, projection: string): Promise<string[]> {
  const { rows } = await sql<{ view: string }>`
    select view_name as view from information_schema.view_table_usage
    where view_schema = 'public' and view_name = table_name and table_schema ~ ${`^${projection}_v[0-9]+$`}`.execute(
    tx,
  );
  return rows.map(({ view }) => view);
}

/** All versions there are of a projection, the latest first. */
export async function versionsOf(db: Database, name: string): Promise<Version[]> {
  const { rows } = await sql<Version>`
    select name, version, state, code from projection_versions where name = ${name} order by version desc`.execute(
    db.sql,
  );
  return rows;
}

/** The version that readers are shown. */
export async function shownVersion(db: Database, name: string): Promise<Version> {
  const shown = (await versionsOf(db, name)).find(({ state }) => state === 'active' || state === 'closing');
  if (!shown) throw new Error(`projection ${name} is not installed`);
  return shown;
}

/** Has a version that once was in service written again. */
export async function reopen(tx: Tx, { name, version }: VersionId): Promise<void> {
  await sql`update projection_versions set state = 'building'
    where name = ${name} and version = ${version} and state = 'retired'`.execute(tx);
}

/** Says that the code of a version would make the same rows as the code given, which writes it from now on. */
export async function adopt(db: Database, { name, version }: VersionId, code: string): Promise<void> {
  await sql`update projection_versions set code = ${code} where name = ${name} and version = ${version}`.execute(
    db.sql,
  );
}

/**
 * Takes a version for this runner, by writer: whoever held it before can no longer write. Nobody gets one that is closing or
 * retired; then the answer is empty.
 */
export async function take(db: Database, { name, version }: VersionId): Promise<Checkpoint[]> {
  const { rows } = await sql<{ position: string; epoch: string }>`
    with written as (
      select name, version from projection_versions
      where name = ${name} and version = ${version} and state in ('active', 'building') for share),
    taken as (
      update projection_checkpoints as c set epoch = epoch + 1, error = null, error_position = null
      from written where c.name = written.name and c.version = written.version
      returning c.writer, c.position, c.epoch)
    select position, epoch from taken order by writer`.execute(db.sql);
  return rows.map(({ position, epoch }) => ({ position: BigInt(position), epoch: BigInt(epoch) }));
}

/** Moves the checkpoint, inside the transaction that writes the rows where there are some. @throws Superseded */
export async function advance(
  tx: Tx | Database['sql'],
  { name, version, writer }: VersionId & { readonly writer: number },
  from: Checkpoint,
  to: { readonly position: bigint; readonly events: number },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update projection_checkpoints
    set position = ${String(to.position)}, events = events + ${to.events}, updated_at = now()
    where name = ${name} and version = ${version} and writer = ${writer}
      and position = ${String(from.position)} and epoch = ${String(from.epoch)}`.execute(tx);
  if (numAffectedRows !== 1n) throw new Superseded(`another runner has taken projection ${name}`);
}

/** The row of a checkpoint, as it has to be for its writer to write. */
type Place = VersionId & { readonly writer: number } & Checkpoint;

const PLACE_COLUMNS: ColumnTypes<Place> = {
  name: 'text',
  version: 'int',
  writer: 'smallint',
  position: 'bigint',
  epoch: 'bigint',
};

/**
 * Moves the checkpoints of several, over events that are for none of them.
 * @returns which of them have moved, by their place in the list: one that another runner has taken has not
 */
export async function advanceAll(db: Database, places: readonly Place[], to: bigint): Promise<ReadonlySet<number>> {
  const { rows } = await sql<VersionId>`
    update projection_checkpoints as c set position = ${String(to)}, updated_at = now()
    from ${fromRows(PLACE_COLUMNS, places)}
    where c.name = r.name and c.version = r.version and c.writer = r.writer and c.position = r.position
      and c.epoch = r.epoch
    returning c.name, c.version`.execute(db.sql);
  const moved = new Set(rows.map(({ name, version }) => `${name} ${version}`));
  return new Set(places.flatMap(({ name, version }, at) => (moved.has(`${name} ${version}`) ? [at] : [])));
}

/** Once its writers stand at one position, a version goes on with a single one. */
export async function joinWriters(tx: Tx, { name, version }: VersionId): Promise<void> {
  const { rows } = await sql<{ positions: string }>`
    select count(distinct position) as positions from projection_checkpoints
    where name = ${name} and version = ${version}`.execute(tx);
  if (rows[0]?.positions !== '1') throw new Error(`the writers of ${name} version ${version} stand apart`);
  await sql`
    update projection_checkpoints as c set events = (
      select sum(events) from projection_checkpoints where name = c.name and version = c.version)
    where name = ${name} and version = ${version} and writer = 0`.execute(tx);
  await sql`delete from projection_checkpoints
    where name = ${name} and version = ${version} and writer > 0`.execute(tx);
}

/** Notes why a version stands still, for health, console and CLI. */
export async function noteError(
  db: Database,
  { name, version, writer }: VersionId & { readonly writer: number },
  { epoch }: Pick<Checkpoint, 'epoch'>,
  error: { readonly message: string; readonly position: bigint | null },
): Promise<void> {
  await sql`
    update projection_checkpoints
    set error = ${error.message}, error_position = ${error.position === null ? null : String(error.position)}
    where name = ${name} and version = ${version} and writer = ${writer} and epoch = ${String(epoch)}`.execute(db.sql);
}

/** Up to where all of a version's writers have applied the log. */
export async function positionOf(tx: Tx | Database['sql'], { name, version }: VersionId): Promise<bigint> {
  const { rows } = await sql<{ position: string | null }>`
    select min(position) as position from projection_checkpoints
    where name = ${name} and version = ${version}`.execute(tx);
  return BigInt(rows[0]?.position ?? 0);
}

/**
 * Ends the writing of the version in service, in a transaction of its own: it stays shown, at the position answered.
 * Nobody can write it after this, whatever its runner believes.
 */
export async function close(tx: Tx, { name, version }: VersionId): Promise<bigint> {
  await sql`update projection_versions set state = 'closing'
    where name = ${name} and version = ${version} and state = 'active'`.execute(tx);
  await sql`update projection_checkpoints set epoch = epoch + 1
    where name = ${name} and version = ${version}`.execute(tx);
  return positionOf(tx, { name, version });
}

/** Puts a version in service in place of the one before, for all readers at once. */
export async function activate(tx: Tx, projection: AnyProjection, version: Version): Promise<void> {
  const { name } = version;
  await show(tx, projection, version);
  await sql`update projection_versions set state = 'retired', retired_at = now()
    where name = ${name} and state in ('active', 'closing')`.execute(tx);
  await sql`update projection_versions set state = 'active', activated_at = now(), retired_at = null
    where name = ${name} and version = ${version.version}`.execute(tx);
}

/**
 * Drops a version with everything in it, unless readers are shown it or a job is to put it in service.
 * @returns whether it was dropped
 */
export async function drop(tx: Tx, { name, version }: VersionId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from projection_versions as v where name = ${name} and version = ${version} and state in ('retired', 'building')
      and not exists (select 1 from projection_jobs as j
        where j.name = v.name and j.version = v.version and j.finished_at is null)`.execute(tx);
  if (numAffectedRows !== 1n) return false;
  await sql`drop schema if exists ${sql.id(schemaOf({ name, version }))} cascade`.execute(tx);
  for (const table of ['projection_streams', 'projection_checkpoints']) {
    await sql`delete from ${sql.table(table)} where name = ${name} and version = ${version}`.execute(tx);
  }
  await sql`delete from log_marks where reader = ${schemaOf({ name, version })}`.execute(tx);
  return true;
}
