import { jest } from '@jest/globals';
import { sql } from 'kysely';
import { AUDITED, AuditedLog } from '#testing/audit';
import { testEngines, type TestDatabase, until } from '#testing/platform';
import { storedLink } from '#libs/event-sourcing';
import { CompactTree, leafHash } from './merkle.js';
import { inclusionPath, rootOfInclusion } from './proofs.js';
import { rebuildTree, TreeFollower } from './tree-follower.job.js';
import { TreeBehind, TreeQueries } from './tree.queries.js';

// Every test here does I/O, on machines that may have more to do.
jest.setTimeout(30_000);

describe.each(await testEngines())('The tree over the log on $name', (engine) => {
  let log: AuditedLog;
  let test: TestDatabase;
  let tree: TreeQueries;
  /** What the follower had to wait for. */
  let waited: string[];
  beforeAll(async () => {
    test = await engine.create();
    tree = new TreeQueries(test.db);
  });
  beforeEach(async () => {
    await sql`drop schema if exists audit cascade`.execute(test.db.sql);
    log = await AuditedLog.open();
  });
  afterEach(() => log.close());
  afterAll(() => test.drop());

  /** Follows while `work` is done. @returns why the tree stopped, where it did */
  async function following(work: () => Promise<unknown>): Promise<string[]> {
    const ended = new AbortController();
    const stopped: string[] = [];
    const onStopped = (error: Error) => stopped.push(error.message);
    waited = [];
    const onWaiting = (reason: string) => waited.push(reason);
    const run = new TreeFollower(log.store, test.db, { categories: AUDITED, onStopped, onWaiting }).run(ended.signal);
    try {
      await work();
    } finally {
      ended.abort();
      await run;
    }
    return stopped;
  }

  const reached = (position: bigint) => until(async () => (await tree.standing()).position >= position);

  /** The tree as its definition makes it of the log. */
  async function naive(): Promise<CompactTree> {
    const all = new CompactTree();
    const until = await log.store.lastPosition();
    const { signal } = new AbortController();
    for await (const { events } of log.store.bytes.log({ after: 0n, categories: AUDITED, until, signal })) {
      for (const event of events) all.append(leafHash(Buffer.from(storedLink(event)!.hash, 'hex')));
    }
    return all;
  }

  it('has a leaf for every event in the order of the log, and goes on where it was', async () => {
    await log.put('till-1', 300);
    await log.put('till-2', 500);
    await following(async () => reached(await log.put('till-1', 3)));
    await following(async () => reached(await log.put('till-3', 250)));
    const expected = await naive();
    expect(await tree.standing()).toMatchObject({ size: 1053, error: null });
    expect(await tree.rootAt(1053)).toEqual(expected.root());
    const last = (await log.store.readLast('till-1'))!;
    expect((await tree.leavesOf([last.id])).get(last.id)).toEqual({ leaf: 802, position: last.position });
    const path = await tree.hashesOf(inclusionPath(802, 1053));
    const leaf = leafHash(Buffer.from(last.metadata.hash, 'hex'));
    expect(rootOfInclusion(802, 1053, leaf, path)).toEqual(expected.root());
    await expect(tree.rootAt(1054)).rejects.toThrow(TreeBehind);
  });

  it('leaves out streams that are not audited', async () => {
    await log.put('other-1', 5);
    await following(async () => {
      await reached(await log.put('till-1', 1));
      await reached(await log.put('other-1', 100));
    });
    expect((await tree.standing()).size).toBe(1);
  });

  it('shuts out a follower that another has taken over from, which then begins again behind it', async () => {
    const first = await log.put('till-1', 10);
    await following(async () => {
      await reached(first);
      await sql`update audit.tree set epoch = epoch + 1`.execute(test.db.sql);
      await reached(await log.put('till-1', 10));
    });
    expect(await tree.rootAt(20)).toEqual((await naive()).root());
  });

  it('is whole after writing has failed at any of its steps', async () => {
    await following(async () => reached(await log.put('till-1', 300)));
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'away' using errcode = '57P01'; end $$`.execute(test.db.sql);
    for (const [table, column] of [
      ['audit.tree', 'size'],
      ['audit.tiles', 'hashes'],
      ['audit.leaves', 'leaf'],
    ] as const) {
      await sql`create trigger refuse after insert or update of ${sql.id(column)} on ${sql.table(table)}
        for each row execute function refuse()`.execute(test.db.sql);
      const position = await log.put('till-1', 7);
      await following(async () => {
        const before = await tree.standing();
        await until(() => Promise.resolve(waited.length > 0));
        expect(await tree.standing()).toEqual(before);
        await sql`drop trigger refuse on ${sql.table(table)}`.execute(test.db.sql);
        await reached(position);
      });
    }
    expect(await tree.rootAt(321)).toEqual((await naive()).root());
  });

  it('stops at an event whose bytes were changed, and names it', async () => {
    await log.put('till-1', 5);
    await log.tamper((events) =>
      events.map((event) => (event.revision === 3 ? { ...event, data: '{"amount":1000}' } : event)),
    );
    const stopped = await following(() => until(async () => (await tree.standing()).error !== null));
    expect(stopped).toEqual([
      expect.stringMatching(/^Put .* \(till-1 revision 3, position \d+\) does not match its hash$/),
    ]);
    expect(await tree.standing()).toMatchObject({ size: 0, error: stopped[0] });
  });

  it('stops at a copy of an event', async () => {
    await log.put('till-1', 5);
    await log.tamper((events) => [...events, events[2]!]);
    const stopped = await following(() => until(async () => (await tree.standing()).error !== null));
    expect(stopped).toEqual([expect.stringMatching(/^an event is in the log twice/)]);
  });

  it('stops when the log was cut, or is another one', async () => {
    await log.put('till-1', 5);
    await following(async () => reached(await log.put('till-1', 5)));
    await log.tamper((events) => events.slice(0, 8));
    expect(await following(() => until(async () => (await tree.standing()).error !== null))).toEqual([
      expect.stringMatching(/^the tree has seen events .* \(it is at position \d+, the log ends at \d+\)/),
    ]);
    await log.put('till-1', 20);
    const { error: cut } = await tree.standing();
    expect(await following(() => until(async () => ![null, cut].includes((await tree.standing()).error)))).toEqual([
      expect.stringMatching(/^the tree has seen events .* \(position \d+ has \S+ and had \S+\)/),
    ]);
  });

  it('is built anew when somebody asks for it, also after it had stopped', async () => {
    await following(async () => reached(await log.put('till-1', 400)));
    await log.tamper((events) => events.slice(0, 390));
    await following(async () => {
      await until(async () => (await tree.standing()).error !== null);
      await rebuildTree(test.db);
      await until(async () => (await tree.standing()).size === 390);
    });
    expect(await tree.rootAt(390)).toEqual((await naive()).root());
  });
});
