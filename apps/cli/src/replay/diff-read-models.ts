import { type EventStore, type Projection, recorded, type StoredEvent } from '#libs/event-sourcing';
import { type Database, openDatabase } from '#libs/platform';
import { type Kysely, sql } from 'kysely';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsBetween } from '../account-log.js';
import { progress } from '../progress.js';
import { type Build } from './build.js';

/** A value that two builds do not agree about; null where there is no such row or value. */
interface CellDifference {
  readonly key: string;
  readonly column: string;
  readonly before: string;
  readonly after: string;
}

/** What two builds make of one table of a read model. */
export interface TableComparison {
  readonly table: string;
  readonly same: boolean;
  /** Rows. */
  readonly before: number;
  readonly after: number;
  /** Rows that differ, or are in one of them only. */
  readonly differing: number;
  /** What could not be compared, and why. */
  readonly note?: string;
  readonly examples: readonly CellDifference[];
}

/** The read models of one build on a database of their own. */
interface Replayed {
  readonly build: Build;
  readonly db: Database;
  /** By projection: the event it could not apply, and why. */
  readonly stopped: Map<string, string>;
}

const BATCH = 1_000;
const NONE = '–';

/**
 * Builds the read models of two builds from the same history, each in an embedded database of its own that is removed
 * afterwards, and compares their tables row by row.
 * @param limit how many differences of a table are told
 */
export async function compareReadModels(
  store: EventStore,
  builds: readonly [Build, Build],
  limit: number,
): Promise<TableComparison[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'paybill-replay-'));
  const opened: Replayed[] = [];
  try {
    // To initialise a database takes seconds, to copy an empty one does not.
    const empty = join(scratch, 'empty');
    await (await openDatabase({ dataDir: empty })).close();
    for (const [index, build] of builds.entries()) {
      const dataDir = join(scratch, String(index));
      await cp(empty, dataDir, { recursive: true });
      const db = await openDatabase({ dataDir });
      opened.push({ build, db, stopped: new Map() });
    }
    const [before, after] = opened as [Replayed, Replayed];
    for (const replayed of opened) await prepare(replayed);
    await replay(store, opened);
    const comparisons: TableComparison[] = [];
    for (const name of distinct(builds.flatMap(({ readModels }) => readModels.map((model) => model.name)))) {
      comparisons.push(...(await compareReadModel(before, after, name, limit)));
    }
    return comparisons;
  } finally {
    for (const { db } of opened) await db.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function prepare({ build, db }: Replayed): Promise<void> {
  for (const projection of build.readModels) {
    await inSchema(db, projection, async (tx) => {
      for (const statement of projection.ddl) await sql.raw(statement).execute(tx);
    });
  }
}

/** A projection has a schema of its own that comes first in the search path. */
async function inSchema(
  db: Database,
  { name }: Projection,
  work: (tx: Parameters<Projection['apply']>[0]) => Promise<void>,
): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    await sql`create schema if not exists ${sql.id(name)}`.execute(tx);
    await sql`set local search_path to ${sql.id(name)}, public`.execute(tx);
    await work(tx);
  });
}

async function replay(store: EventStore, builds: readonly Replayed[]): Promise<void> {
  const end = await store.lastPosition();
  const categories = new Set(builds.flatMap(({ build }) => build.readModels.map(({ category }) => category)));
  for (const category of categories) {
    const shown = progress(`replaying ${category}`, Number(end));
    let events = 0;
    let batch: StoredEvent[] = [];
    const apply = async () => {
      for (const replayed of builds) await applyTo(replayed, category, batch);
      shown.update(Number(batch.at(-1)?.position ?? end), (events += batch.length));
      batch = [];
    };
    try {
      for await (const event of eventsBetween({ store, category }, 0n, end)) {
        if (batch.push(event) === BATCH) await apply();
      }
      await apply();
    } finally {
      shown.stop();
    }
  }
}

async function applyTo({ build, db, stopped }: Replayed, category: string, events: StoredEvent[]): Promise<void> {
  for (const projection of build.readModels) {
    if (projection.category !== category || stopped.has(projection.name) || events.length === 0) continue;
    try {
      const batch = events.map((event) => recorded(projection.events, event));
      await inSchema(db, projection, (tx) => projection.apply(tx, batch, 0));
    } catch (error) {
      const [first, last] = [events[0]!, events.at(-1)!];
      const range = `positions ${first.position} to ${last.position}`;
      stopped.set(projection.name, `${build.name} cannot apply an event at ${range}: ${(error as Error).message}`);
    }
  }
}

type Side = readonly [Replayed, Projection];

const distinct = (names: readonly string[]) => [...new Set(names)];
const tablesOf = ({ tables }: Projection) => tables.map(({ name }) => name);
const NOTHING = { same: false, before: 0, after: 0, differing: 0, examples: [] };

/** A read model that only one of them has is a difference in each of its tables. */
async function compareReadModel(
  before: Replayed,
  after: Replayed,
  name: string,
  limit: number,
): Promise<TableComparison[]> {
  const [left, right] = [before, after].map(({ build }) => build.readModels.find((model) => model.name === name));
  if (!left || !right) {
    const note = `only ${(left ? before : after).build.name} has the read model ${name}`;
    return tablesOf((left ?? right)!).map((table) => ({ ...NOTHING, table, note }));
  }
  const comparisons: TableComparison[] = [];
  for (const table of distinct([...tablesOf(right), ...tablesOf(left)])) {
    comparisons.push(await compareTable([before, left], [after, right], table, limit));
  }
  return comparisons;
}

async function compareTable(before: Side, after: Side, name: string, limit: number): Promise<TableComparison> {
  const nothing = { ...NOTHING, table: name };
  for (const [{ stopped }, projection] of [before, after]) {
    const reason = stopped.get(projection.name);
    if (reason !== undefined) return { ...nothing, note: reason };
  }
  const columns = [await columnsOf(before, name), await columnsOf(after, name)] as const;
  const common = columns[0].filter((column) => columns[1].includes(column));
  if (common.length === 0) {
    const without = columns[0].length === 0 ? before : after;
    return { ...nothing, note: `${without[0].build.name} has no such table` };
  }
  // A build from before tables had keys is compared by the key the other knows; all columns together do for both.
  const known =
    [after, before].flatMap(([, { tables }]) => tables.filter((table) => table.name === name))[0]?.key ?? [];
  const key = known.length > 0 && known.every((column) => common.includes(column)) ? known : common;
  const found = await mergeRows(before, after, name, { key, common, limit });
  const uncommon = [...columns[0], ...columns[1]].filter((column) => !common.includes(column));
  const note = uncommon.length > 0 ? `only one of them has ${uncommon.join(', ')}` : undefined;
  const same = found.differing === 0 && uncommon.length === 0;
  return { table: name, same, ...found, ...(note !== undefined && { note }) };
}

async function columnsOf([{ db }, { name: schema }]: Side, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = ${schema} and table_name = ${table} order by column_name`.execute(db.sql);
  return rows.map(({ name }) => name);
}

interface Row {
  readonly key: string;
  readonly text: string;
}

interface Wanted {
  readonly key: readonly string[];
  readonly common: readonly string[];
  readonly limit: number;
}

/** Goes through the rows of both in the order of their keys, a page of each in memory. */
async function mergeRows(before: Side, after: Side, table: string, wanted: Wanted) {
  const counts = { before: 0, after: 0, differing: 0 };
  const examples: CellDifference[] = [];
  await onConnections(before, after, async (left, right) => {
    const ones = rowsOf(left, before[1].name, table, wanted);
    const others = rowsOf(right, after[1].name, table, wanted);
    let [one, other] = [await ones.next(), await others.next()];
    while (!one.done || !other.done) {
      const order = one.done
        ? 1
        : other.done
          ? -1
          : Buffer.compare(Buffer.from(one.value.key), Buffer.from(other.value.key));
      const [was, is] = [order <= 0 ? (one.value as Row) : undefined, order >= 0 ? (other.value as Row) : undefined];
      if (was) counts.before += 1;
      if (is) counts.after += 1;
      if (was?.text !== is?.text) {
        counts.differing += 1;
        if (examples.length < wanted.limit) examples.push(...(await cells(left, was, is)));
      }
      if (was) one = await ones.next();
      if (is) other = await others.next();
    }
  });
  return { ...counts, examples: examples.slice(0, wanted.limit) };
}

async function onConnections(
  before: Side,
  after: Side,
  work: (left: Kysely<unknown>, right: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  await before[0].db.sql
    .transaction()
    .execute((left) => after[0].db.sql.transaction().execute((right) => work(left, right)));
}

async function* rowsOf(
  db: Kysely<unknown>,
  schema: string,
  table: string,
  { key, common }: Wanted,
): AsyncGenerator<Row> {
  const texts = key.map((column) => sql`${sql.id('t', column)}::text`);
  const columns = sql.join(common.map((column) => sql.id(column)));
  await sql`
    declare compared cursor for
    select concat_ws(' ', ${sql.join(texts)}) collate "C" as key, to_jsonb(t)::text as text
    from (select ${columns} from ${sql.id(schema, table)}) t order by 1`.execute(db);
  for (;;) {
    const { rows } = await sql<Row>`fetch 2000 from compared`.execute(db);
    yield* rows;
    if (rows.length === 0) break;
  }
  await sql`close compared`.execute(db);
}

/** The values of two rows that differ. The database takes them apart: amounts stay the texts they are. */
async function cells(db: Kysely<unknown>, was: Row | undefined, is: Row | undefined): Promise<CellDifference[]> {
  const { rows } = await sql<CellDifference>`
    select ${(was ?? is)!.key} as key, key as column, coalesce(b.value, ${NONE}) as before, coalesce(a.value, ${NONE}) as after
    from jsonb_each_text(${was?.text ?? '{}'}::jsonb) b full join jsonb_each_text(${is?.text ?? '{}'}::jsonb) a using (key)
    where b.value is distinct from a.value order by 2`.execute(db);
  return rows;
}
