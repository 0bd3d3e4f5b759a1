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
