import { randomUUID } from 'node:crypto';
import { CommandHandling, EventStore, type StoredEvent } from '#libs/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { commandMetadata } from '../testing/command-metadata.js';
import { Put } from '../testing/till.js';

describe('A subscription', () => {
  it('delivers what reading the streams gives, and of what is no JSON the text', async () => {
    const node = await startTestNode();
    const store = new EventStore(node.connectionString);
    const data = { amount: 12.5, by: 'Zoë \u2028', times: null };
    const append = (stream: string, metadataJson: string) =>
      store.append(stream, -1n, [{ id: randomUUID(), type: 'Put', data, metadataJson }]);
    await append('till-1', '{"schemaVersion":1}');
    await append('other-1', '{}');
    await append('till-2', 'none of our making');

    const enough = new AbortController();
    const delivered: unknown[] = [];
    for await (const batch of store.subscribe({ after: 0n, categories: ['till'], signal: enough.signal })) {
      delivered.push(...batch.flatMap((message) => (message.kind === 'event' ? [message.event] : [])));
      if (delivered.length === 2) break;
    }
    const read: StoredEvent[] = [];
    for (const stream of ['till-1', 'till-2']) for await (const event of store.readStream(stream)) read.push(event);
    expect(delivered).toEqual([read[0], { ...read[1], metadata: 'none of our making' }]);
    expect(delivered[0]).toMatchObject({ type: 'Put', revision: 0n, data });
    await store.close();
    await node.close();
  });
});

describe('Whoever reads no more of a stream than wanted', () => {
  it('leaves the connection whole for all who follow the log by it', async () => {
    const node = await startTestNode();
    const store = new EventStore(node.connectionString);
    const some = (count: number) =>
      Array.from({ length: count }, () => ({ id: randomUUID(), type: 'Put', data: {}, metadataJson: '{}' }));
    await store.append('till-1', -1n, some(500));

    const enough = new AbortController();
    const delivered: bigint[] = [];
    for await (const batch of store.subscribe({ after: 0n, categories: ['till'], signal: enough.signal })) {
      for (const message of batch) if (message.kind === 'event') delivered.push(message.event.revision);
      if (batch.some(({ kind }) => kind === 'caught-up')) {
        for (let reader = 0; reader < 20; reader++) {
          for await (const { revision } of store.readStream('till-1')) if (revision === 3n) break;
        }
        expect(await store.readLast('till-1')).toMatchObject({ revision: 499n });
        await store.append('till-1', 499n, some(1));
      }
      if (delivered.length === 501) enough.abort();
    }
    expect(delivered).toEqual(Array.from({ length: 501 }, (_, revision) => BigInt(revision)));
    expect(await store.readLast('till-none')).toBeUndefined();
    await store.close();
    await node.close();
  });
});

describe('The last event of a category', () => {
  let node: TestNode;
  let store: EventStore;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
  });
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  async function put(): Promise<bigint> {
    const data = { amount: 1, times: 1 };
    const { position } = await new CommandHandling(store).handle('a', {
      ...{ definition: Put, data, metadata: commandMetadata() },
    });
    return position;
  }

  /** Events of another category, of which more than one page is read. */
  async function others(): Promise<void> {
    const events = Array.from({ length: 150 }, () => ({
      id: randomUUID(),
      type: 'Other',
      data: {},
      metadataJson: '{}',
    }));
    await store.append(`other-${randomUUID()}`, -1n, events);
  }

  it('is found behind whatever else has been written since, each time anew', async () => {
    expect(await store.lastOf('till')).toBe(0n);
    await others();
    expect(await store.lastOf('till')).toBe(0n);
    const first = await put();
    await others();
    expect(await store.lastOf('till')).toBe(first);
    expect(await store.lastOf('till')).toBe(first);
    await others();
    const second = await put();
    expect(await store.lastOf('till')).toBe(second);
    await others();
    expect(await store.lastOf('till')).toBe(second);
    expect(await store.lastOf('other')).toBe(await store.lastPosition());
  });
});
