import { randomUUID } from 'node:crypto';
import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { commandMetadata } from '../testing/command-metadata.js';
import { Put } from '../testing/till.js';

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
