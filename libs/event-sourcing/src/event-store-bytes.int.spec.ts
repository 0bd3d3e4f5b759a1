import { EventStore, type RawEvent } from '#libs/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { CommandHandling } from './command-handling.js';
import { commandMetadata } from '../testing/command-metadata.js';
import { Put } from '../testing/till.js';

describe('The log as stored bytes', () => {
  let node: TestNode;
  let store: EventStore;
  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    const handling = new CommandHandling(store);
    for (const id of ['1', '2', '3']) {
      const put = { definition: Put, data: Put.schema.parse({ amount: 5, times: 700 }), metadata: commandMetadata() };
      await handling.handle(id, put);
    }
  });
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  async function read(after: bigint, categories: readonly string[], until?: bigint): Promise<RawEvent[]> {
    const events: RawEvent[] = [];
    const { signal } = new AbortController();
    for await (const batch of store.bytes.log({ after, categories, until, signal })) events.push(...batch.events);
    return events;
  }

  it('holds every event once, in the order of the log, as it was written', async () => {
    const events = await read(0n, ['till'], await store.lastPosition());
    expect(events).toHaveLength(2100);
    expect(events[0]).toMatchObject({ stream: 'till-1', revision: 0n, type: 'Put' });
    expect(events[0]!.data.toString()).toBe('{"amount":5,"by":"somebody"}');
    expect(events[0]!.metadata.toString()).toMatch(/,"previousHash":"0{64}","hash":"[0-9a-f]{64}"}$/);
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => (one < other ? -1 : 1)));
    for await (const { id, revision, position } of store.readStream('till-3')) {
      expect(events[1400 + Number(revision)]).toMatchObject({ id, revision, position });
    }
  });

  it('goes on after a position and ends at another', async () => {
    const all = await read(0n, ['till'], await store.lastPosition());
    const part = await read(all[9]!.position, ['till'], all[19]!.position);
    expect(part).toEqual(all.slice(10, 20));
  });

  it('ends at the end asked for also when nothing of the kind is left before it', async () => {
    expect(await read(0n, ['nothing'], await store.lastPosition())).toEqual([]);
  });

  it('is followed live until somebody stops it, and says that it has caught up', async () => {
    const enough = new AbortController();
    const last = await store.lastPosition();
    let appended = false;
    for await (const { events, caughtUp } of store.bytes.log({
      after: last,
      categories: ['till'],
      signal: enough.signal,
    })) {
      if (caughtUp && !appended) {
        appended = true;
        const put = { definition: Put, data: { amount: 7, times: 1 }, metadata: commandMetadata() };
        await new CommandHandling(store).handle('live', put);
      }
      if (events.length === 0) continue;
      expect(events[0]).toMatchObject({ stream: 'till-live', revision: 0n });
      enough.abort();
    }
    expect(appended).toBe(true);
  });

  it('gives a stream from a revision on, and nothing for one that does not exist', async () => {
    const revisions: bigint[] = [];
    for await (const events of store.bytes.stream('till-2', { from: 690n, limit: 10 })) {
      revisions.push(...events.map(({ revision }) => revision));
    }
    expect(revisions).toEqual([690n, 691n, 692n, 693n, 694n, 695n, 696n, 697n, 698n, 699n]);
    for await (const events of store.bytes.stream('till-none')) expect(events).toEqual([]);
  });

  it('gives the one event at a position', async () => {
    const last = await store.readLast('till-3');
    expect(await store.bytes.at(last!.position)).toMatchObject({ id: last!.id, stream: 'till-3', revision: 699n });
  });

  it('gives none for a position at which no event begins', async () => {
    const last = await store.readLast('till-3');
    expect(await store.bytes.at(last!.position - 1n)).toBeUndefined();
    expect(await store.bytes.at(last!.position + 10_000_000n)).toBeUndefined();
  });
});
