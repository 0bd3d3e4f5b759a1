import { CommandHandling, EventStore, ProjectionRunner, ReadBarrier } from '#libs/event-sourcing';
import { Import, readModels, type SourceLine } from '#libs/ledger';
import { type Database } from '#libs/platform';
import { startTestNode } from '#testing/eventstore-node';
import { madeUpBiller } from '#testing/ledger';
import { postgresEngine, type TestDatabase, until } from '#testing/platform';
import { sql } from 'kysely';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROJECTOR = fileURLToPath(new URL('../../../dist/apps/projector/src/main.js', import.meta.url));
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const TABLES = readModels.flatMap(({ tables }) => tables.map(({ name }) => name));

/** Every row of every read model, in an order that does not depend on how it came about. */
async function contents(db: Database): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const table of TABLES) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(table)} as t order by 1`.execute(db.sql);
    all[table] = rows.map(({ row }) => row);
  }
  return all;
}

async function projectionPosition(db: Database): Promise<bigint> {
  const { rows } = await sql<{ position: string }>`
    select coalesce(max(position), 0) as position from projection_checkpoints`
    .execute(db.sql)
    .catch(() => ({ rows: [] }));
  return BigInt(rows[0]?.position ?? 0);
}

describe.each(await postgresEngine())('A projector that is killed', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let killed: TestDatabase;
  let fresh: TestDatabase;
  let projector: ChildProcess | undefined;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    [killed, fresh] = await Promise.all([engine.create(), engine.create()]);
  });
  afterAll(async () => {
    projector?.kill('SIGKILL');
    await store.close();
    await node.close();
    await Promise.all([killed.drop(), fresh.drop()]);
  });

  const start = () =>
    spawn(process.execPath, [PROJECTOR], {
      env: { ...process.env, EVENTSTORE_URL: node.connectionString, DATABASE_URL: killed.url, LOG_LEVEL: 'error' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });

  it(`has, once it is back, the tables of a fresh replay (TEST_SEED=${SEED})`, async () => {
    const lines: SourceLine[] = [];
    for (const customer of madeUpBiller({ accounts: 150, months: 12, seed: SEED }))
      lines.push({ line: 1, ...customer });
    const options = { name: 'kill', currency: 'USD', actor: 'test' };
    let position = 0n;

    // Killed five times, each as soon as it has written something of what is being written to the log meanwhile.
    for (let round = 0; round < 5; round++) {
      const before = await projectionPosition(killed.db);
      projector = start();
      const exited = once(projector, 'exit');
      const writing = new Import(store, new CommandHandling(store), options).run(lines.splice(0, 30));
      await until(async () => (await projectionPosition(killed.db)) !== before);
      projector.kill('SIGKILL');
      await exited;
      const outcome = await writing;
      expect(outcome.refused).toEqual([]);
      position = outcome.position;
    }

    projector = start();
    for (const { name } of readModels) await new ReadBarrier(killed.db, 60_000).waitFor(name, position);
    projector.kill('SIGTERM');
    await once(projector, 'exit');

    const ended = new AbortController();
    const replay = new ProjectionRunner(store, fresh.db, readModels).run(ended.signal);
    for (const { name } of readModels) await new ReadBarrier(fresh.db, 60_000).waitFor(name, position);
    ended.abort();
    await replay;
    const expected = await contents(fresh.db);
    // The made-up biller grants no credits, knows nobody's address, and neither debits, dunns nor serves; the rest has rows.
    expect(TABLES.filter((table) => expected[table]!.length === 0)).toEqual([
      ...['credits', 'contacts', 'notification_preferences', 'bill_delivery', 'autopay_enrollments'],
      ...['dunning', 'suspensions', 'collections_days', 'disputes', 'adjustments', 'arrangements'],
    ]);
    expect(await contents(killed.db)).toEqual(expected);
  }, 180_000);
});
