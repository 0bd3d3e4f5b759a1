import { sql } from 'kysely';
import {
  CommandHandling,
  EventStore,
  type Projection,
  ProjectionRunner,
  ReadBarrier,
  shownStandings,
} from '#libs/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { postgresEngine, testEngines, type TestDatabase, until } from '#testing/platform';
import { commandMetadata } from '../../testing/command-metadata.js';
import { dropProjections } from '../../testing/drop-projections.js';
import { Put, type TillEvent, tillProjection } from '../../testing/till.js';
import { JobEnded, latestJobs, noteJob, openJobs } from './jobs.js';
import { type ProjectionView, Projections } from './projections.js';
import { projectionStandings } from './projection-standings.js';

/** A till projection with a sum over all tills, kept by whoever writes. */
function tillsAndTotal(code = 'tills and total'): Projection<TillEvent> {
  const tills = tillProjection();
  return {
    ...tills,
    code,
    tables: [
      ...tills.tables,
      { name: 'total', key: ['only'], compared: `select 1 as only, sum(held) as held from total group by 1` },
    ],
    ddl: [...tills.ddl, 'create table total (writer int primary key, held bigint not null)'],
    indexes: ['create index if not exists tills_by_held on tills (held)'],
    async apply(tx, batch, writer) {
      await tills.apply(tx, batch, writer);
      const held = batch.reduce((sum, { type, data }) => sum + (type === 'Put' ? data.amount : -data.amount), 0);
      await sql`insert into total (writer, held) values (${writer}, ${held})
        on conflict (writer) do update set held = total.held + excluded.held`.execute(tx);
    },
  };
}

describe.each(await testEngines())('Putting another version of a projection in service, on $name', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;
  let test: TestDatabase;
  let projections: Projections;

  beforeAll(async () => (test = await engine.create()));
  afterAll(() => test.drop());
  beforeEach(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
    await dropProjections(test.db);
    projections = new Projections(store, test.db, [tillsAndTotal()]);
  }, 30_000);
  afterEach(async () => {
    await store.close();
    await node.close();
  });

  const put = (id: string, amount = 1, times = 1) =>
    handling.handle(id, { definition: Put, data: { amount, times }, metadata: commandMetadata() });
  const reached = (position: bigint) => new ReadBarrier(test.db, 20_000).waitFor('tills', position);
  const shown = async () => (await shownStandings(test.db))[0]!;

  async function rows(from = 'public'): Promise<unknown[]> {
    const tills = await sql`select * from ${sql.table(`${from}.tills`)} order by id`.execute(test.db.sql);
    const total = await sql`select sum(held) as held from ${sql.table(`${from}.total`)}`.execute(test.db.sql);
    return [...tills.rows, ...total.rows];
  }

  async function running(
    work: (stopped: string[]) => Promise<void>,
    projection: Projection<TillEvent> = tillsAndTotal(),
  ): Promise<void> {
    const ended = new AbortController();
    const stopped: string[] = [];
    const onStopped = (_: string, error: Error) => stopped.push(error.message);
    const run = new ProjectionRunner(store, test.db, [projection], { onStopped }).run(ended.signal);
    try {
      await work(stopped);
    } finally {
      ended.abort();
      await run;
    }
  }

  /** Waits for the latest job to end, and tells how. */
  async function ended(of = projections): Promise<NonNullable<ProjectionView['job']>> {
    let job: ProjectionView['job'];
    await until(async () => Boolean(({ job } = await of.one('tills')).job?.finishedAt));
    return job!;
  }

  const rebuild = (options: { writers?: number; acceptDifferences?: boolean } = {}, of = projections) =>
    of.rebuild('tills', { writers: 1, acceptDifferences: false, ...options }, 'somebody');

  it('is refused while nobody has made the tables, and says who makes them', async () => {
    const refused = { status: 503, code: 'PROJECTIONS_NOT_INSTALLED' };
    await expect(rebuild()).rejects.toMatchObject(refused);
    await expect(projections.rollback('tills', false, 'somebody')).rejects.toMatchObject(refused);
    await expect(projections.list()).rejects.toMatchObject(refused);
    await expect(projections.prune()).rejects.toMatchObject(refused);
    await expect(projections.cancel('tills')).rejects.toThrow('start what runs them');
  });

  it('builds it beside the one in service, finds both the same, and switches', async () => {
    for (const id of ['a', 'b', 'c']) await put(id, 5, 100);
    await running(async () => {
      await reached((await put('d', 1)).position);
      await rebuild();
      const { phase, comparison } = await ended();
      expect(phase).toBe('done');
      expect(
        comparison!.map(({ table, rows: { before, after }, differing }) => [table, before, after, differing]),
      ).toEqual([
        ['tills', '4', '4', 0],
        ['total', '1', '1', 0],
      ]);
      await reached((await put('a', 1)).position);
      expect(await shown()).toMatchObject({ version: 2, state: 'active', events: 302n });
    });
    expect(await rows()).toEqual(await rows('tills_v2'));
    expect((await projectionStandings(test.db)).map(({ version, state }) => [version, state])).toEqual([
      [2, 'active'],
      [1, 'retired'],
    ]);
    const { rows: indexes } =
      await sql`select 1 from pg_indexes where schemaname = 'tills_v2' and indexname = 'tills_by_held'`.execute(
        test.db.sql,
      );
    expect(indexes).toHaveLength(1);
  }, 60_000);

  it('refuses the switch when rows differ, names them, and switches when that is accepted', async () => {
    for (const id of ['a', 'b']) await put(id, 5, 10);
    await running(async () => {
      await reached((await put('c', 1)).position);
      // What a disk, or a hand, has done to the tables.
      await sql`update tills_v1.tills set held = held + 1 where id = 'b'`.execute(test.db.sql);
      await sql`delete from tills_v1.tills where id = 'c'`.execute(test.db.sql);
      await rebuild();
      const refused = await ended();
      expect(refused.phase).toBe('differs');
      expect(refused.comparison![0]).toMatchObject({
        table: 'tills',
        rows: { before: '2', after: '3' },
        differing: 2,
        examples: expect.arrayContaining([
          { key: { id: 'b' }, before: { held: '51' }, after: { held: '50' } },
          { key: { id: 'c' }, before: null, after: { held: '1', events: '1' } },
        ]) as unknown,
      });
      expect(await shown()).toMatchObject({ version: 1, state: 'active' });
      await reached((await put('a', 1)).position);
      await rebuild({ acceptDifferences: true });
      const accepted = await ended();
      // The version that was built already is gone on with.
      expect([accepted.phase, accepted.version]).toEqual(['done', 2]);
    });
    expect(await rows()).toEqual(await rows('tills_v2'));
  }, 60_000);

  it('goes back to the version before, brought up to date, and drops what is not needed any more', async () => {
    const { position } = await put('a', 5, 10);
    await running(async () => {
      await reached(position);
      await rebuild();
      await ended();
      await reached((await put('a', 1)).position);
      await projections.rollback('tills', false, 'somebody');
      expect((await ended()).phase).toBe('done');
      expect(await shown()).toMatchObject({ version: 1, state: 'active', events: 11n });
      await reached((await put('b', 1)).position);
      expect(await rows()).toEqual(await rows('tills_v1'));
      // The version before is the one that was left last, not the one begun last.
      await rebuild();
      expect((await ended()).version).toBe(3);
      await projections.rollback('tills', false, 'somebody');
      await ended();
      expect(await shown()).toMatchObject({ version: 1, state: 'active' });
      expect(await projections.prune()).toEqual([
        { name: 'tills', version: 3 },
        { name: 'tills', version: 2 },
      ]);
      expect(await projections.prune()).toEqual([]);
    });
    const { rows: schemas } = await sql<{ name: string }>`
      select nspname as name from pg_namespace where nspname like 'tills%'`.execute(test.db.sql);
    expect(schemas).toEqual([{ name: 'tills_v1' }]);
  }, 60_000);

  it('builds with changed code what the code before cannot go on with, and goes back to it only as it stood', async () => {
    await put('a', 5, 10);
    await running(async () => reached((await put('a', 5)).position));
    const doubled: Projection<TillEvent> = {
      ...tillsAndTotal('twice as much'),
      apply: (tx, batch, writer) =>
        tillsAndTotal().apply(
          tx,
          batch.map((event) => ({ ...event, data: { ...event.data, amount: event.data.amount * 2 } })) as never,
          writer,
        ),
    };
    const changed = new Projections(store, test.db, [doubled]);
    await put('b', 1);
    await running(async () => {
      await rebuild({}, changed);
      // Only the position they share is compared: till b is not in the one that stands still.
      expect((await ended(changed)).comparison).toMatchObject([{ differing: 1 }, { differing: 1 }]);
      await rebuild({ acceptDifferences: true }, changed);
      expect((await ended(changed)).phase).toBe('done');
      await reached((await put('b', 1)).position);
      expect(await rows()).toEqual([
        { id: 'a', held: '110', events: '11' },
        { id: 'b', held: '4', events: '2' },
        { held: '114' },
      ]);
      await expect(changed.rollback('tills', false, 'somebody')).rejects.toThrow('PROJECTION_CODE_DIFFERS');
      await changed.rollback('tills', true, 'somebody');
      expect((await ended(changed)).phase).toBe('done');
      expect(await shown()).toMatchObject({ version: 1, state: 'active', events: 11n });
    }, doubled);
  }, 60_000);

  it('fails with the event named when the new version cannot apply it, and the one in service goes on', async () => {
    await put('a', 5);
    await put('b', 666);
    const broken: Projection<TillEvent> = {
      ...tillsAndTotal('cannot count that far'),
      apply: (tx, batch, writer) => {
        if (batch.some(({ data }) => data.amount === 666)) throw new Error('cannot be applied');
        return tillsAndTotal().apply(tx, batch, writer);
      },
    };
    await running(async () => reached((await put('c', 1)).position));
    const changed = new Projections(store, test.db, [broken]);
    await running(async () => {
      await rebuild({}, changed);
      const { phase, error } = await ended(changed);
      expect([phase, error]).toEqual([
        'failed',
        expect.stringMatching(/^Put .+ \(till-b revision 0\): cannot be applied$/),
      ]);
    }, broken);
    await running(async () => reached((await put('a', 1)).position));
    expect(await shown()).toMatchObject({ version: 1, state: 'active', error: null, events: 4n });
  }, 60_000);

  it('fails while it switches, and the one in service goes on', async () => {
    await put('a', 5);
    await running(async () => {
      await reached((await put('a', 1)).position);
      // Somebody's own view is in the way of ours.
      await sql`create view mine as select * from tills`.execute(test.db.sql);
      await rebuild();
      const { phase, error } = await ended();
      expect([phase, error]).toEqual(['failed', expect.stringContaining('other objects depend on it')]);
      await reached((await put('a', 1)).position);
      expect(await shown()).toMatchObject({ version: 1, state: 'active', events: 3n });
    });
  }, 60_000);

  it('names what only one of the codes has: a column, and a table', async () => {
    const notes = { name: 'notes', key: ['id'] };
    const [old, now] = [tillsAndTotal('with total'), tillProjection()];
    const before = {
      ...old,
      tables: [...old.tables, notes],
      ddl: [...old.ddl, 'create table notes (id text primary key)'],
    };
    const after = {
      ...now,
      tables: [...now.tables, notes],
      ddl: [...now.ddl, 'create table notes (id text primary key, said text)'],
    };
    await running(async () => reached((await put('a', 5)).position), before);
    const changed = new Projections(store, test.db, [after]);
    await running(async () => {
      await rebuild({}, changed);
      const { phase, comparison } = await ended(changed);
      expect(phase).toBe('differs');
      expect(
        comparison!.map(({ table, differing, columns, notCompared }) => [table, differing, columns.added, notCompared]),
      ).toEqual([
        ['tills', 0, [], undefined],
        ['notes', 0, ['said'], undefined],
        ['total', 0, [], 'the new version has no such table'],
      ]);
      await rebuild({ acceptDifferences: true }, changed);
      expect((await ended(changed)).phase).toBe('done');
    }, after);
    const { rows: views } = await sql`select viewname from pg_views where schemaname = 'public' order by 1`.execute(
      test.db.sql,
    );
    expect(views).toEqual([{ viewname: 'notes' }, { viewname: 'tills' }]);
  }, 60_000);

  it('is another job once it is asked for again: one that was cancelled notes nothing more', async () => {
    await running(async () => reached((await put('a', 5)).position));
    await rebuild();
    const [cancelled] = await openJobs(test.db);
    await projections.cancel('tills');
    await rebuild({ acceptDifferences: true });
    await expect(noteJob(test.db.sql, cancelled!, { phase: 'switching' })).rejects.toThrow(JobEnded);
    expect(await openJobs(test.db)).toMatchObject([{ phase: 'waiting', acceptDifferences: true }]);
  }, 60_000);

  it('can be given up at any time', async () => {
    await put('a', 5, 10);
    await running(async () => reached((await put('a', 1)).position));
    await rebuild();
    await expect(rebuild()).rejects.toThrow('PROJECTION_BUSY');
    expect((await projections.cancel('tills')).job?.phase).toBe('cancelled');
    await expect(projections.cancel('tills')).rejects.toThrow('NO_JOB');
    await expect(projections.rollback('tills', false, 'somebody')).rejects.toThrow('NO_VERSION_BEFORE');
    await expect(projections.one('nobody')).rejects.toThrow('PROJECTION_UNKNOWN');
    await running(async () => reached((await put('a', 1)).position));
    expect(await shown()).toMatchObject({ version: 1, events: 12n });
  }, 60_000);

  it('while 64 writers write, makes the tables of a fresh replay', async () => {
    await running(async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `till-${index}`);
      const begun = await Promise.all(ids.map((id) => put(id, 1, 50)));
      // The tables are there then, and whoever asks for a rebuild finds them.
      await reached(begun[0]!.position);
      let isDone = false;
      const writing = Array.from({ length: 64 }, async (_, writer) => {
        while (!isDone) await put(ids[(writer * 7) % ids.length]!, writer);
      });
      await rebuild({ writers: 2 });
      expect((await ended()).phase).toBe('done');
      isDone = true;
      await Promise.all(writing);
      await reached((await put('till-0', 1)).position);
      expect(await shown()).toMatchObject({ version: 2, writers: 1 });
    });
    const fresh = await engine.create();
    const stop = new AbortController();
    const replay = new ProjectionRunner(store, fresh.db, [tillsAndTotal()]).run(stop.signal);
    await new ReadBarrier(fresh.db, 30_000).waitFor('tills', (await shown()).position);
    stop.abort();
    await replay;
    const { rows: expected } = await sql`select * from tills order by id`.execute(fresh.db.sql);
    expect((await rows()).slice(0, -1)).toEqual(expected);
    await fresh.drop();
  }, 120_000);
});

describe.each(await postgresEngine())('A rebuild that two runners could carry out, on $name', (engine) => {
  it('is carried out by one of them', async () => {
    const node = await startTestNode();
    const store = new EventStore(node.connectionString);
    const test = await engine.create();
    const projections = new Projections(store, test.db, [tillsAndTotal()]);
    const ended = new AbortController();
    const runs = [1, 2].map(() => new ProjectionRunner(store, test.db, [tillsAndTotal()]).run(ended.signal));
    const put = { definition: Put, data: { amount: 1, times: 200 }, metadata: commandMetadata() };
    const { position } = await new CommandHandling(store).handle('a', put);
    await new ReadBarrier(test.db, 20_000).waitFor('tills', position);
    for (const version of [2, 3, 4]) {
      await projections.rebuild('tills', { writers: 2, acceptDifferences: false }, 'somebody');
      await until(async () => Boolean((await latestJobs(test.db))[0]?.finishedAt));
      const job = (await latestJobs(test.db))[0]!;
      expect([job.phase, job.error, job.version]).toEqual(['done', null, version]);
    }
    expect((await projectionStandings(test.db)).map(({ version, state }) => [version, state])).toEqual([
      [4, 'active'],
      [3, 'retired'],
      [2, 'retired'],
      [1, 'retired'],
    ]);
    ended.abort();
    await Promise.all(runs);
    await test.drop();
    await store.close();
    await node.close();
  }, 60_000);
});

describe.each(await postgresEngine())('A rebuild that fails at a step, on $name', (engine) => {
  it('goes on where it was, whichever step it was', async () => {
    const node = await startTestNode();
    const store = new EventStore(node.connectionString);
    const handling = new CommandHandling(store);
    const put = (id: string) =>
      handling.handle(id, { definition: Put, data: { amount: 1, times: 20 }, metadata: commandMetadata() });
    for (const id of ['a', 'b', 'c']) await put(id);
    let failed = true;
    for (let failing = 1; failed; failing++) {
      const test = await engine.create();
      const projection = tillsAndTotal();
      const projections = new Projections(store, test.db, [projection]);
      const { position } = await put('a');
      const run = async (work: () => Promise<unknown>) => {
        const stop = new AbortController();
        const runner = new ProjectionRunner(store, test.db, [projection], { batchSize: 50 }).run(stop.signal);
        await work();
        stop.abort();
        await runner;
      };
      await run(() => new ReadBarrier(test.db, 20_000).waitFor('tills', position));
      await projections.rebuild('tills', { writers: 2, acceptDifferences: false }, 'somebody');
      // Every note of a job is a step: the one at which it fails is as if the process had been killed there. A sequence
      // counts on whatever is rolled back, so that it fails once.
      await sql`create sequence steps`.execute(test.db.sql);
      await sql
        .raw(
          `create function step() returns trigger language plpgsql as $$
          begin
            if nextval('steps') = ${failing} then raise exception 'killed' using errcode = '57P01'; end if;
            return new;
          end $$`,
        )
        .execute(test.db.sql);
      await sql
        .raw('create trigger step before update on projection_jobs for each row execute function step()')
        .execute(test.db.sql);
      await run(async () => {
        await until(async () => (await latestJobs(test.db))[0]?.finishedAt !== null);
      });
      const [job] = await latestJobs(test.db);
      const { rows } = await sql<{ last: string }>`select last_value as last from steps`.execute(test.db.sql);
      failed = Number(rows[0]!.last) >= failing;
      expect([job!.phase, job!.comparison!.every(({ differing }) => differing === 0)]).toEqual(['done', true]);
      expect((await shownStandings(test.db))[0]).toMatchObject({ version: 2, state: 'active' });
      await test.drop();
    }
    await store.close();
    await node.close();
  }, 180_000);
});
