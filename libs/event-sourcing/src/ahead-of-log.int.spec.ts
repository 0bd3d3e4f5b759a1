import { sql } from 'kysely';
import { CommandHandling, EventStore, shownStandings, ProjectionRunner, ReadBarrier } from '#libs/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { embeddedDatabase, type TestDatabase } from '#testing/platform';
import { commandMetadata } from '../testing/command-metadata.js';
import { Put, tillProjection } from '../testing/till.js';

describe('A projection whose log is not the one it has read', () => {
  let nodes: TestNode[];
  let test: TestDatabase;

  beforeEach(async () => {
    nodes = [];
    test = await embeddedDatabase();
  }, 60_000);
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await test.drop();
  });

  const put = (store: EventStore, till: string) =>
    new CommandHandling(store).handle(till, {
      ...{ definition: Put, data: { amount: 1, times: 1 }, metadata: commandMetadata() },
    });

  /** A log with puts into tills. */
  async function log(...tills: string[]): Promise<{ store: EventStore }> {
    const node = await startTestNode();
    nodes.push(node);
    const store = new EventStore(node.connectionString);
    for (const till of tills) await put(store, till);
    return { store };
  }

  /** Runs the projection on a log until a put into `till` has been applied, or it has stopped. @returns why */
  async function project({ store }: { store: EventStore }, till: string): Promise<string | undefined> {
    const ended = new AbortController();
    let stopped: string | undefined;
    let onStopped!: (projection: string, error: Error) => void;
    const standsStill = new Promise<void>((resolve) => {
      onStopped = (_, error) => {
        stopped = error.message;
        resolve();
      };
    });
    const running = new ProjectionRunner(store, test.db, [tillProjection()], { onStopped }).run(ended.signal);
    const { position } = await put(store, till);
    await Promise.race([standsStill, new ReadBarrier(test.db, 60_000).waitFor('tills', position)]);
    ended.abort();
    await running;
    await store.close();
    return stopped;
  }

  it('goes on where it was on the log it knows', async () => {
    expect(await project(await log('a', 'b'), 'c')).toBeUndefined();
    expect(await project({ store: new EventStore(nodes[0]!.connectionString) }, 'd')).toBeUndefined();
  }, 60_000);

  it('stands still on a log that ends before it, says what to do, and changes nothing', async () => {
    await project(await log('a', 'b', 'a'), 'c');
    const [before] = await shownStandings(test.db);
    const stopped = await project(await log(), 'd');
    expect(stopped).toMatch(/^tills_v\d+ has seen events that are not in the log \(till-c has no revision 0\): /);
    expect(stopped).toContain('restore log and database from the same backup');
    expect(await shownStandings(test.db)).toEqual([{ ...before, error: stopped }]);
  }, 60_000);

  it('stands still on another log, however long that is', async () => {
    await project(await log('a'), 'b');
    const stopped = await project(await log('a', 'b', 'b', 'b', 'a'), 'c');
    expect(stopped).toMatch(/ revision 0 is \S+ and was \S+\)/);
  }, 60_000);

  it('is held against the end of the log where it has no mark yet, as one from before there were marks', async () => {
    await project(await log('a', 'b', 'c'), 'd');
    await sql`delete from log_marks`.execute(test.db.sql);
    const stopped = await project(await log(), 'e');
    expect(stopped).toMatch(/it is at position \d+, the log ends at \d+/);
  }, 60_000);
});
