import { CommandHandling, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { Import, type SourceLine } from '#libs/ledger';
import { startTestNode } from '#testing/eventstore-node';
import { madeUpBiller } from '#testing/ledger';
import { postgresEngine, type TestDatabase, until } from '#testing/platform';
import { sql } from 'kysely';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = (app: string) => fileURLToPath(new URL(`../../../dist/apps/${app}/src/main.js`, import.meta.url));
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Any number: a statement of a job waits for this lock while the test holds it. */
const HELD = 4711;

interface Job {
  readonly phase: string;
  readonly finishedAt: string | null;
  readonly comparison: readonly {
    readonly table: string;
    readonly differing: number;
    readonly rows: { before: string };
  }[];
}

describe.each(await postgresEngine())('A rebuild whose projector is killed', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let test: TestDatabase;
  let api: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    test = await engine.create();
    const { stdout } = start('api', { PAYBILL_PORT: '0', LOG_LEVEL: 'info' }, 'pipe');
    for await (const line of createInterface({ input: stdout! })) {
      const { url } = JSON.parse(line) as { url?: string };
      if (url === undefined) continue;
      api = url;
      break;
    }
    stdout!.resume();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await store.close();
    await node.close();
    await test.drop();
  });

  function start(app: string, environment: NodeJS.ProcessEnv = {}, stdout: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    const child = spawn(process.execPath, [main(app)], {
      env: {
        ...process.env,
        EVENTSTORE_URL: node.connectionString,
        DATABASE_URL: test.url,
        LOG_LEVEL: 'error',
        ...environment,
      },
      stdio: ['ignore', stdout, 'inherit'],
    });
    children.push(child);
    return child;
  }

  async function ask(
    path: string,
    body?: object,
  ): Promise<{ job: Job; versions: { version: number; state: string }[] }> {
    const answer = await fetch(new URL(path, api), {
      ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    expect(answer.ok).toBe(true);
    return (await answer.json()) as { job: Job; versions: { version: number; state: string }[] };
  }

  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Has the job stop before a step, for as long as `work` takes. */
  async function holdingAt(phase: string, work: () => Promise<void>): Promise<void> {
    await sql`update held_phase set phase = ${phase}`.execute(test.db.sql);
    await test.db.sql.connection().execute(async (session) => {
      await sql`select pg_advisory_lock(${HELD}::bigint)`.execute(session);
      try {
        await work();
      } finally {
        await sql`update held_phase set phase = ''`.execute(session);
        await sql`select pg_advisory_unlock(${HELD}::bigint)`.execute(session);
      }
    });
  }

  async function untilHeld(): Promise<void> {
    await until(async () => {
      const { rows } =
        await sql`select 1 from pg_locks where locktype = 'advisory' and not granted and objid = ${HELD}`.execute(
          test.db.sql,
        );
      return rows.length > 0;
    });
  }

  it(`at every step goes on, and the tables are those of a fresh replay (TEST_SEED=${SEED})`, async () => {
    const lines: SourceLine[] = [];
    for (const customer of madeUpBiller({ accounts: 120, months: 12, seed: SEED }))
      lines.push({ line: 1, ...customer });
    const importing = () =>
      new Import(store, new CommandHandling(store), { name: 'rebuild', currency: 'USD', actor: 'test' });
    const { position } = await importing().run(lines.splice(0, 60));
    let projector = start('projector');
    await new ReadBarrier(test.db, 60_000).waitFor('ledger', position);
    await sql`create table held_phase as select ''::text as phase`.execute(test.db.sql);
    await sql
      .raw(
        `create function hold() returns trigger language plpgsql as $$ begin
          if new.phase = (select phase from held_phase) then perform pg_advisory_xact_lock(${HELD}); end if;
          return new;
        end $$`,
      )
      .execute(test.db.sql);
    await sql
      .raw('create trigger hold before update on projection_jobs for each row execute function hold()')
      .execute(test.db.sql);

    await ask('/projections/ledger/rebuild', { writers: 2 });
    for (const phase of ['building', 'comparing', 'switching', 'done']) {
      await holdingAt(phase, async () => {
        await untilHeld();
        // Writing goes on whatever becomes of the rebuild.
        await importing().run(lines.splice(0, 10));
        await kill(projector);
      });
      projector = start('projector');
    }
    let { job } = await ask('/projections/ledger');
    await until(async () => ({ job } = await ask('/projections/ledger')).job.finishedAt !== null);
    expect(job.phase).toBe('done');

    // Built once more from the first event, and compared: that is the fresh replay.
    const { position: end } = await importing().run(lines.splice(0));
    await new ReadBarrier(test.db, 60_000).waitFor('ledger', end);
    await ask('/projections/ledger/rebuild', {});
    await until(async () => ({ job } = await ask('/projections/ledger')).job.finishedAt !== null);
    expect(job.phase).toBe('done');
    expect(job.comparison.filter(({ differing }) => differing > 0)).toEqual([]);
    expect(job.comparison.find(({ table }) => table === 'account_balances')?.rows.before).toBe('120');
    const { versions } = await ask('/projections/ledger');
    expect(versions.map(({ version, state }) => [version, state])).toEqual([
      [3, 'active'],
      [2, 'retired'],
      [1, 'retired'],
    ]);
  }, 300_000);
});
