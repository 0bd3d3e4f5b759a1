import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import {
  CommandHandling,
  CommandIdReused,
  EventStore,
  GENESIS_HASH,
  Rejected,
  storedLink,
  type StoredEvent,
  type Submitted,
} from '#libs/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { commandMetadata } from '../testing/command-metadata.js';
import { brokenLink } from './hash-chain.js';
import { Put, Take, type TillEvent } from '../testing/till.js';

describe('Command handling', () => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
  });
  beforeEach(() => (handling = new CommandHandling(store)));
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  const put = (amount: number, commandId?: string, times = 1): Submitted<number, TillEvent> => ({
    definition: Put,
    data: { amount, times },
    metadata: commandMetadata(commandId),
  });
  const take = (amount: number, commandId?: string): Submitted<number, TillEvent> => ({
    definition: Take,
    data: { amount },
    metadata: commandMetadata(commandId),
  });
  const read = async (id: string): Promise<StoredEvent[]> => {
    const events = [];
    for await (const event of store.readStream(`till-${id}`)) events.push(event);
    return events;
  };
  const held = async (id: string) =>
    (await read(id)).reduce(
      (sum, { type, data }) => sum + (type === 'Put' ? 1 : -1) * (data as { amount: number }).amount,
      0,
    );

  const expectUnbroken = async (id: string) => {
    let previous = GENESIS_HASH;
    for await (const events of store.bytes.stream(`till-${id}`)) {
      for (const event of events) {
        expect(brokenLink(event, previous)).toBeUndefined();
        previous = storedLink(event)!.hash;
      }
    }
  };

  it('appends what was decided, with who, why and an unbroken hash chain', async () => {
    const id = randomUUID();
    await handling.handle(id, put(5, undefined, 2));
    const result = await handling.handle(id, take(3));
    expect(result).toMatchObject({
      id,
      events: [{ type: 'Taken', data: { amount: 3 } }],
      revision: 2n,
      repeated: false,
    });
    const events = await read(id);
    expect(events.at(-1)!.position).toBe(result.position);
    expect(events.map(({ metadata }) => metadata.schemaVersion)).toEqual([2, 2, 1]);
    expect(events.map(({ metadata }) => metadata.actor)).toEqual(['test', 'test', 'test']);
    await expectUnbroken(id);
  });

  it('refuses by the state of the stream and appends nothing', async () => {
    const id = randomUUID();
    await handling.handle(id, put(5));
    await expect(handling.handle(id, take(6))).rejects.toMatchObject({ code: 'NOT_ENOUGH', field: 'amount' });
    await expect(handling.handle(randomUUID(), take(1))).rejects.toBeInstanceOf(Rejected);
    expect(await read(id)).toHaveLength(1);
  });

  it('answers a retry with the first result, also after a restart and after later commands', async () => {
    const id = randomUUID();
    const commandId = randomUUID();
    const first = await handling.handle(id, put(5, commandId, 3));
    await handling.handle(id, take(10));
    for (const again of [handling, new CommandHandling(store)]) {
      expect(await again.handle(id, put(5, commandId, 3))).toEqual({ ...first, repeated: true });
    }
    expect(await read(id)).toHaveLength(4);
  });

  it('refuses another body, and another command, under the same id', async () => {
    const id = randomUUID();
    const commandId = randomUUID();
    await handling.handle(id, put(5, commandId));
    await expect(handling.handle(id, put(6, commandId))).rejects.toThrow(CommandIdReused);
    await expect(new CommandHandling(store).handle(id, take(5, commandId))).rejects.toThrow(CommandIdReused);
    expect(await held(id)).toBe(5);
  });

  it('decides again when another process was faster, so that nothing is overdrawn', async () => {
    const id = randomUUID();
    const processes = Array.from({ length: 4 }, () => new CommandHandling(store));
    await handling.handle(id, put(10));
    await Promise.all(processes.map((process) => process.handle(id, put(0))));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => processes[index % 4]!.handle(id, take(1))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await held(id)).toBe(0);
  });

  it('refuses nothing for what it remembers while another process has changed it', async () => {
    const id = randomUUID();
    await handling.handle(id, put(5));
    await new CommandHandling(store).handle(id, put(10));
    await handling.handle(id, take(12));
    expect(await held(id)).toBe(3);
    await expect(handling.handle(id, take(4))).rejects.toMatchObject({ code: 'NOT_ENOUGH' });
  });

  it('finds nothing to do only on a state that is current, whoever else has written', async () => {
    const id = randomUUID();
    const sweep = (): Submitted<number, TillEvent> => ({
      definition: {
        ...Take,
        decide: (_: never, inTill: number) => (inTill > 0 ? [{ type: 'Taken', data: { amount: inTill } }] : []),
      },
      data: {},
      metadata: commandMetadata(),
    });
    expect((await handling.handle(id, sweep())).events).toEqual([]);
    await new CommandHandling(store).handle(id, put(5));
    expect((await handling.handle(id, sweep())).events).toHaveLength(1);
    expect((await handling.handle(id, sweep())).events).toEqual([]);
    await new CommandHandling(store).handle(id, put(7));
    expect((await handling.handleAll(id, [sweep()], { isNew: true }))[0]!.events).toHaveLength(1);
    expect(await held(id)).toBe(0);
  });

  it('stores several commands on a stream together or not at all', async () => {
    const id = randomUUID();
    await expect(handling.handleAll(id, [put(5), take(3), take(3)])).rejects.toThrow(Rejected);
    expect(await read(id)).toEqual([]);
    const results = await handling.handleAll(id, [put(5), take(3), take(2)]);
    expect(results.map(({ events }) => events[0]!.type)).toEqual(['Put', 'Taken', 'Taken']);
    expect(await held(id)).toBe(0);
  });

  it('keeps the chain whole when two processes carry out the same command at the same moment', async () => {
    const clocks = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'];
    for (let round = 0; round < 20; round++) {
      const id = randomUUID();
      const commandId = randomUUID();
      const processes = clocks.map((now) => new CommandHandling(store, { clock: () => new Date(now) }));
      const results = await Promise.all(processes.map((process) => process.handle(id, put(1, commandId))));
      expect(results.map(({ repeated }) => repeated).sort()).toEqual([false, true]);
      for (const process of processes) await process.handle(id, put(1));
      expect(await held(id)).toBe(3);
      await expectUnbroken(id);
    }
  });

  it('does not take the caller’s word for it that a stream is new', async () => {
    const id = randomUUID();
    const first = await handling.handleAll(id, [put(5)], { isNew: true });
    const other = new CommandHandling(store);
    await other.handleAll(id, [put(6)], { isNew: true });
    expect(first[0]!.revision).toBe(0n);
    expect(await held(id)).toBe(11);
    await expectUnbroken(id);
  });

  it('never lets recorded time go backwards within a stream, whatever the clocks say', async () => {
    const id = randomUUID();
    const late = new CommandHandling(store, { clock: () => new Date('2026-01-02T00:00:00Z') });
    const early = new CommandHandling(store, { clock: () => new Date('2026-01-01T00:00:00Z') });
    await late.handle(id, put(1));
    await early.handle(id, put(1));
    const times = (await read(id)).map(({ metadata }) => metadata.recordedAt);
    expect(times).toEqual(['2026-01-02T00:00:00.000Z', '2026-01-02T00:00:00.000Z']);
  });

  it('carries commands out once, in whatever order and however often they are sent again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (amounts, choices) => {
          const id = randomUUID();
          const commands = amounts.map((amount) => put(amount, randomUUID()));
          const sent = [...commands, ...commands, ...commands].sort(() => (choices.next().value % 3) - 1);
          const handlers = [new CommandHandling(store), new CommandHandling(store)];
          await Promise.all(sent.map((command, index) => handlers[index % 2]!.handle(id, command)));
          expect(await held(id)).toBe(amounts.reduce((sum, amount) => sum + amount, 0));
          expect(await read(id)).toHaveLength(amounts.length);
          await Promise.all(handlers.map((handler) => handler.handle(id, put(0))));
          await expectUnbroken(id);
        },
      ),
      { numRuns: 20 },
    );
  });
});
