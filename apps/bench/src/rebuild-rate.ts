import { type EventStore, ProjectionRunner, Projections, shownStandings } from '#libs/event-sourcing';
import { readModels } from '#libs/ledger';
import { type Database } from '#libs/platform';
import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, notMeasured, reaches, told } from './bar.js';
import { countEvents } from './counting.js';
import { interleaved, seconds } from './measuring.js';
import { type BenchServer } from './postgres.js';

const WRITERS = [1, 2] as const;
/** Rows of a table written with one statement, as many as a batch of events has. */
const ROWS = 4_096;
const [ledger] = readModels;

/**
 * Rebuilds of all of the ledger's read models, with one writer and with two, against the lower of two floors: a subscription
 * that only counts the events, and the rows themselves written by unnest alone, read beforehand.
 */
export async function rebuildRate(
  store: EventStore,
  eventStoreUrl: string,
  server: BenchServer | undefined,
  position: bigint,
): Promise<Bar[]> {
  const bench = 'replay';
  if (!server) return [notMeasured(bench, 'events/s of a rebuild', 'no PostgreSQL here')];
  return server.inDatabase(async (db) => {
    const categories = [ledger!.category];
    const events = await countEvents(eventStoreUrl, categories, position);
    const projections = new Projections(store, db, readModels);
    const wholes = new Map<number, number>();
    await whileRunning(store, db, () => untilReached(db, position));
    const rates = await interleaved<string>({
      counting: async () => events / (await seconds(() => countEvents(eventStoreUrl, categories, position))),
      following: async () => events / (await seconds(() => follow(store, categories, position))),
      rows: async () => events / (await secondsOfRows(db)),
      ...Object.fromEntries(
        WRITERS.map((writers) => [
          `rebuild ${writers}`,
          () => whileRunning(store, db, async () => events / (await rebuild(projections, writers, wholes))),
        ]),
      ),
    });
    const floor = Math.min(rates['counting']!, rates['rows']!);
    return [
      told(bench, `events/s counted, of ${events.toLocaleString('en')}`, rates['counting']!),
      told(bench, 'events/s of the subscription that rebuilds use, doing nothing with them', rates['following']!),
      told(bench, 'events/s of the rows by unnest alone', rates['rows']!),
      ...WRITERS.flatMap((writers) => [
        reaches(bench, `events/s of a rebuild, ${writersOf(writers)}`, rates[`rebuild ${writers}`]!, floor, 0.7),
        told(bench, `the same with comparing and switching, ${writersOf(writers)}`, events / wholes.get(writers)!),
      ]),
    ];
  });
}

async function follow(store: EventStore, categories: readonly string[], position: bigint): Promise<void> {
  const enough = new AbortController();
  for await (const messages of store.subscribe({ after: 0n, categories, signal: enough.signal })) {
    if (messages.some((message) => message.kind === 'event' && message.event.position >= position)) break;
  }
  enough.abort();
}

function writersOf(count: number): string {
  return count === 1 ? 'one writer' : `${count} writers`;
}

async function whileRunning<Result>(store: EventStore, db: Database, work: () => Promise<Result>): Promise<Result> {
  const enough = new AbortController();
  const running = new ProjectionRunner(store, db, readModels).run(enough.signal);
  try {
    return await work();
  } finally {
    enough.abort();
    await running;
  }
}

async function untilReached(db: Database, position: bigint): Promise<void> {
  for (;;) {
    const [standing] = await shownStandings(db).catch(() => []);
    if (standing?.error) throw new Error(standing.error);
    if (standing && standing.position >= position) return;
    await delay(20);
  }
}

/** Seconds until everything is built, its indexes included. */
async function rebuild(projections: Projections, writers: number, wholes: Map<number, number>): Promise<number> {
  const { name } = ledger!;
  await projections.prune();
  await projections.rebuild(name, { writers, acceptDifferences: false }, 'bench');
  // A runner looks for work now and then; that is no part of it.
  while ((await projections.one(name)).job?.phase === 'waiting') await delay(5);
  const started = performance.now();
  let built: number | undefined;
  for (;;) {
    const { job } = await projections.one(name);
    const took = (performance.now() - started) / 1000;
    if (job?.phase !== 'building') built ??= took;
    if (job?.finishedAt) {
      if (job.phase !== 'done') throw new Error(`the rebuild ended as ${job.phase}: ${job.error}`);
      wholes.set(writers, took);
      return built!;
    }
    // Asking more often took a visible part of the two cores.
    await delay(100);
  }
}

/** Seconds that PostgreSQL takes for the rows of all tables, with their keys and without anything else. */
async function secondsOfRows(db: Database): Promise<number> {
  const [shown] = await shownStandings(db);
  const from = `${ledger!.name}_v${shown!.version}`;
  await sql`drop schema if exists floor cascade`.execute(db.sql);
  await db.sql.transaction().execute(async (tx) => {
    await sql`create schema floor`.execute(tx);
    await sql`set local search_path to floor`.execute(tx);
    for (const statement of ledger!.ddl) await sql.raw(statement).execute(tx);
  });
  let took = 0;
  for (const { name } of ledger!.tables) {
    const columns = await writtenColumns(db, from, name);
    await db.sql.connection().execute(async (reading) => {
      const texts = sql.join(columns.map(({ column }) => sql`${sql.id(column)}::text as ${sql.id(column)}`));
      await sql`begin`.execute(reading);
      await sql`declare rows no scroll cursor for select ${texts} from ${sql.id(from, name)}`.execute(reading);
      for (;;) {
        const { rows } = await sql<Record<string, string | null>>`fetch ${sql.lit(ROWS)} from rows`.execute(reading);
        if (rows.length === 0) break;
        const arrays = columns.map(({ column }) => sql`${rows.map((row) => row[column] ?? null)}::text[]`);
        const cast = columns.map(({ column, type }) => sql`r.${sql.id(column)}::${sql.raw(type)}`);
        const names = sql.join(columns.map(({ column }) => sql.id(column)));
        took += await seconds(() =>
          sql`insert into ${sql.id('floor', name)} (${names}) select ${sql.join(cast)}
            from unnest(${sql.join(arrays)}) as r (${names})`.execute(db.sql),
        );
      }
      await sql`commit`.execute(reading);
    });
  }
  return took;
}

/** The columns of a table that are written, each with its type; those that follow from others are not. */
async function writtenColumns(
  db: Database,
  schema: string,
  table: string,
): Promise<{ column: string; type: string }[]> {
  const { rows } = await sql<{ column: string; type: string }>`
    select a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute as a where a.attrelid = ${`${schema}.${table}`}::regclass
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`.execute(db.sql);
  return rows;
}
