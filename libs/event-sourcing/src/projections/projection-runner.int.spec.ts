import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import {
  CommandHandling,
  EventStore,
  type AnyProjection,
  ProjectionRunner,
  ReadBarrier,
  ReadModelBehind,
  shownStandings,
} from '#libs/event-sourcing';
import { postgresEngine, testEngines, type TestDatabase, until } from '#testing/platform';
import { startTestNode } from '#testing/eventstore-node';
import { commandMetadata } from '../../testing/command-metadata.js';
import { dropProjections } from '../../testing/drop-projections.js';
import { Put, tillProjection } from '../../testing/till.js';
import { Projections } from './projections.js';
import { take } from './versions.js';

describe.each(await testEngines())('The projection runner on $name', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;
  let test: TestDatabase;

  beforeAll(async () => (test = await engine.create()));
  afterAll(() => test.drop());
  beforeEach(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
    await dropProjections(test.db);
  });
  afterEach(async () => {
    await store.close();
    await node.close();
  });

  const put = (id: string, amount = 1, times = 1) =>
    handling.handle(id, { definition: Put, data: { amount, times }, metadata: commandMetadata() });
  const rows = async (table = 'tills') =>
    (
      await sql<{ id: string; held: string; events: string }>`select * from ${sql.table(table)} order by id`.execute(
        test.db.sql,
      )
    ).rows;
  const reached = (position: bigint, name = 'tills') => new ReadBarrier(test.db, 10_000).waitFor(name, position);

  /** Runs projections while `work` is done; resolves when the runner has ended. */
  async function running(
    projections: readonly AnyProjection[],
    work: (stopped: string[]) => Promise<void>,
    options = {},
  ): Promise<string[]> {
    const ended = new AbortController();
    const stopped: string[] = [];
    const onStopped = (_: string, error: Error) => stopped.push(error.message);
    const run = new ProjectionRunner(store, test.db, projections, { onStopped, ...options }).run(ended.signal);
    try {
      await work(stopped);
    } finally {
      ended.abort();
      await run;
    }
    return stopped;
  }

  it('brings a read model up to date, follows it live, and goes on where it was', async () => {
    await put('a', 5, 300);
    await running([tillProjection()], async () => {
      const { position } = await put('b', 7);
      await reached(position);
      expect(await rows()).toEqual([
        { id: 'a', held: '1500', events: '300' },
        { id: 'b', held: '7', events: '1' },
      ]);
    });
    await put('b', 1);
    await running([tillProjection()], async () => {
      await reached((await put('c', 9)).position);
      expect((await rows()).map(({ held }) => held)).toEqual(['1500', '8', '9']);
    });
  });

  it('gives the same rows however the log is cut into batches', async () => {
    await put('a', 2, 50);
    await put('b', 3, 50);
    const { position } = await put('a', 1);
    for (const [name, batchSize] of [
      ['tills_1', 1],
      ['tills_7', 7],
      ['tills_1000', 1000],
    ] as const) {
      await running([tillProjection(name)], () => reached(position, name), { batchSize });
      expect((await rows(name)).map(({ held, events }) => [held, events])).toEqual([
        ['101', '51'],
        ['150', '50'],
      ]);
    }
  });

  it('stops at an event it cannot apply, says which, loses nothing before it, and lets the others go on', async () => {
    await put('a', 5);
    await put('b', 666);
    const { position } = await put('c', 7);
    const picky = tillProjection('picky', ({ data }) => data.amount === 666);
    const stopped = await running([picky, tillProjection()], () => reached(position));
    expect(await rows('picky')).toEqual([{ id: 'a', held: '5', events: '1' }]);
    expect(await rows()).toHaveLength(3);
    expect(stopped).toEqual([expect.stringMatching(/^Put .+ \(till-b revision 0\): cannot be applied$/)]);
    const noted = (await shownStandings(test.db)).find(({ name }) => name === 'picky');
    expect(noted?.error).toBe(stopped[0]);
    // After a mended release it goes on from the very event.
    await running([tillProjection('picky')], () => reached(position, 'picky'));
    expect(await rows('picky')).toHaveLength(3);
    expect((await shownStandings(test.db)).map(({ error }) => error)).toEqual([null, null]);
  });

  it('brings those that find nothing for them along, and begins anew when one of them was taken meanwhile', async () => {
    const waits: string[] = [];
    const idle = ['a', 'b'].map((name) => ({ ...tillProjection(`idle_${name}`), category: 'nobody' }));
    const all = ['tills', 'idle_a', 'idle_b'];
    await running(
      [tillProjection(), ...idle],
      async () => {
        const { position } = await put('a', 1);
        for (const name of all) await reached(position, name);
        await take(test.db, { name: 'idle_a', version: 1 });
        const { position: more } = await put('a', 1);
        for (const name of all) await reached(more, name);
      },
      { onWaiting: (reason: string) => waits.push(reason) },
    );
    expect(waits).toEqual(['another runner has taken projection idle_a']);
    expect(await rows()).toEqual([{ id: 'a', held: '2', events: '2' }]);
  });

  it('goes on with each by itself when the database refuses to bring those along that find nothing for them', async () => {
    const idle = ['a', 'b'].map((name) => ({ ...tillProjection(`idle_${name}`), category: 'nobody' }));
    const all = ['tills', 'idle_a', 'idle_b'];
    const refuseOnce = [
      'create sequence refusals',
      `create function refuse_once() returns trigger language plpgsql as $$ begin
        if nextval('refusals') = 1 then raise exception 'no room for that'; end if;
        return null; end $$`,
      `create trigger refuse_once before update on projection_checkpoints for each statement execute function refuse_once()`,
    ];
    const stopped = await running([tillProjection(), ...idle], async () => {
      const { position } = await put('a', 1);
      for (const name of all) await reached(position, name);
      for (const statement of refuseOnce) await sql.raw(statement).execute(test.db.sql);
      const { position: more } = await put('a', 1);
      for (const name of all) await reached(more, name);
    });
    const { rows: asked } = await sql<{ often: string }>`select last_value as often from refusals`.execute(test.db.sql);
    for (const what of ['trigger refuse_once on projection_checkpoints', 'function refuse_once', 'sequence refusals']) {
      await sql.raw(`drop ${what}`).execute(test.db.sql);
    }
    expect(Number(asked[0]?.often)).toBeGreaterThan(1);
    expect(stopped).toEqual([]);
    expect(await rows()).toEqual([{ id: 'a', held: '2', events: '2' }]);
  }, 30_000);

  it('stops when events are missing from a stream', async () => {
    const { position } = await put('a', 5);
    await running([tillProjection()], () => reached(position));
    await sql`update projection_streams set revision = revision - 1`.execute(test.db.sql);
    const more = await put('a', 5);
    const stopped = await running([tillProjection()], async (soFar) => {
      await until(() => soFar.length > 0);
    });
    await expect(new ReadBarrier(test.db, 0).waitFor('tills', more.position)).rejects.toThrow(ReadModelBehind);
    expect(stopped).toEqual([expect.stringContaining('stream till-a goes from revision -1 to 1: events are missing')]);
  }, 30_000);

  it('is refused the pen when another runner has taken the version, and begins anew from what that one left', async () => {
    const { position } = await put('a', 1);
    const waits: string[] = [];
    await running(
      [tillProjection()],
      async () => {
        await reached(position);
        await take(test.db, { name: 'tills', version: 1 });
        const { position: more } = await put('a', 1);
        await reached(more);
      },
      { onWaiting: (reason: string) => waits.push(reason) },
    );
    expect(waits).toEqual(['another runner has taken projection tills']);
    expect(await rows()).toEqual([{ id: 'a', held: '2', events: '2' }]);
  });

  it('does not write into what other code has written, says so, and goes on when that is adopted', async () => {
    const { position } = await put('a', 5);
    await running([tillProjection()], () => reached(position));
    const changed = { ...tillProjection(), code: 'another till' };
    const { position: more } = await put('a', 5);
    const stopped = await running([changed], async (soFar) => {
      await until(() => soFar.length > 0);
      expect((await shownStandings(test.db))[0]!.error).toMatch(
        /^the code of tills is not the one that wrote version 1/,
      );
    });
    expect(stopped).toEqual([expect.stringContaining('paybill projections rebuild tills')]);
    expect(await rows()).toEqual([{ id: 'a', held: '5', events: '1' }]);
    await new Projections(store, test.db, [changed]).adopt('tills');
    await running([changed], () => reached(more));
    expect(await rows()).toEqual([{ id: 'a', held: '10', events: '2' }]);
  });

  it('tries a projection that has stopped again, and goes on once the cause is mended', async () => {
    let mended = false;
    const { position } = await put('a', 666);
    const picky = tillProjection('tills', ({ data }) => !mended && data.amount === 666);
    const stopped = await running(
      [picky],
      async (soFar) => {
        await until(() => soFar.length > 0);
        mended = true;
        await reached(position);
      },
      { retryStoppedMs: 10 },
    );
    expect(stopped).toHaveLength(1);
    expect(await rows()).toHaveLength(1);
  });

  it('does not read the log again for all when it tries one that has stopped', async () => {
    await put('bad', 666);
    const { position } = await put('good', 1, 2000);
    let tries = 0;
    const picky = tillProjection('picky', ({ data }) => {
      if (data.amount === 666) tries += 1;
      return data.amount === 666;
    });
    const batchSize = 50;
    let read = 0;
    const onProgress = (_: string, __: bigint, events: number) => (read += events);
    await running(
      [picky, tillProjection()],
      async () => {
        await reached(position);
        await until(() => tries >= 10);
      },
      { retryStoppedMs: 10, batchSize, onProgress },
    );
    // Each try is of the batch, and of the event alone, that it stops at; the last may be under way while it is looked at.
    expect(read).toBeLessThanOrEqual(2001 + (tries + 1) * batchSize);
  });

  it('writes what 64 writers write at once exactly as it is in the log', async () => {
    const ids = Array.from({ length: 16 }, () => randomUUID());
    await running([tillProjection()], async () => {
      const results = await Promise.all(Array.from({ length: 256 }, (_, index) => put(ids[index % 16]!, index)));
      await reached(
        results.map(({ position }) => position).reduce((most, position) => (position > most ? position : most)),
      );
    });
    const all = await rows();
    expect(all.map(({ events }) => events)).toEqual(Array.from({ length: 16 }, () => '16'));
    expect(all.reduce((sum, { held }) => sum + Number(held), 0)).toBe((255 * 256) / 2);
  });
});

describe.each(await postgresEngine())('A second projection runner on $name', (engine) => {
  it('stands by while the first is at work, and takes over when it ends', async () => {
    const node = await startTestNode();
    const store = new EventStore(node.connectionString);
    const handling = new CommandHandling(store);
    const test = await engine.create();
    const put = () =>
      handling.handle('a', { definition: Put, data: { amount: 1, times: 1 }, metadata: commandMetadata() });
    const barrier = new ReadBarrier(test.db, 10_000);
    const ends = [new AbortController(), new AbortController()];
    const waiting: string[] = [];
    const first = new ProjectionRunner(store, test.db, [tillProjection()]).run(ends[0]!.signal);
    await barrier.waitFor('tills', (await put()).position);
    const onWaiting = (reason: string) => waiting.push(reason);
    const second = new ProjectionRunner(store, test.db, [tillProjection()], { onWaiting }).run(ends[1]!.signal);
    await until(() => waiting.length > 0);
    expect(waiting).toEqual(['another process runs the projections']);
    await barrier.waitFor('tills', (await put()).position);
    ends[0]!.abort();
    await first;
    await barrier.waitFor('tills', (await put()).position);
    ends[1]!.abort();
    await second;
    await store.close();
    await node.close();
    await test.drop();
  }, 30_000);
});
