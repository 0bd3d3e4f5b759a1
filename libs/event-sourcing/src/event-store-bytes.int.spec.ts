import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import services from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStore, EventStoreUnavailable, type RawEvent } from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { until } from '#testing/platform';
import { CommandHandling } from './command-handling.js';
import { StoredBytes } from './event-store-bytes.js';
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

  it('is all there, and once, for each of several readers who come, quick and slow, while somebody writes', async () => {
    const after = await store.lastPosition();
    const enough = new AbortController();
    const WRITTEN = 300;
    const written: bigint[] = [];
    const reading = [0, 1, 5, 20, 20, 20].map(async (busyMs, index) => {
      await until(() => written.length >= 40 * index);
      const positions: bigint[] = [];
      for await (const { events } of store.bytes.log({ after, categories: ['till'], signal: enough.signal })) {
        positions.push(...events.map(({ position }) => position));
        if (positions.length >= WRITTEN) break;
        if (busyMs > 0) await delay(busyMs);
      }
      return positions;
    });
    const handling = new CommandHandling(store);
    for (let at = 0; at < WRITTEN; at++) {
      const put = { definition: Put, data: { amount: at, times: 1 }, metadata: commandMetadata() };
      written.push((await handling.handle(`busy-${at % 7}`, put)).position);
    }
    for (const positions of await Promise.all(reading)) expect(positions).toEqual(written);
    enough.abort();
  });

  it('is left by who stops while busy with the last there was', async () => {
    const enough = new AbortController();
    const followed = { after: await store.lastPosition(), categories: ['till'], signal: enough.signal };
    for await (const { caughtUp } of store.bytes.log(followed)) if (caughtUp) enough.abort();
    expect(enough.signal.aborted).toBe(true);
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

describe('A store that breaks off what is read of it', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function connect(url: string): EventStore {
    const store = new EventStore(url);
    closing.push(() => store.close());
    return store;
  }

  type Read = ServerWritableStream<unknown, unknown>;
  /** A store that answers reads in one way. @returns where it listens */
  async function answering(read: (call: Read) => unknown): Promise<string> {
    const server = new Server();
    closing.push(() => server.forceShutdown());
    server.addService({ read: services.StreamsService.read }, { read });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return `kurrentdb://127.0.0.1:${port}?tls=false`;
  }

  const failing = (code: status, metadata = new Metadata()) =>
    [status[code], (call: Read) => call.emit('error', { code, details: 'broken off', metadata })] as const;
  const notLeader = new Metadata();
  notLeader.set('exception', 'not-leader');
  notLeader.set('leader-endpoint-host', '127.0.0.1');
  notLeader.set('leader-endpoint-port', '1');

  it.each<readonly [string, (call: Read) => unknown]>([
    ['no error', (call) => call.end()],
    failing(status.UNAVAILABLE),
    failing(status.INTERNAL),
    failing(status.UNKNOWN),
    failing(status.DATA_LOSS),
    failing(status.ABORTED),
    ['another leader', (call) => call.emit('error', { code: status.NOT_FOUND, details: '', metadata: notLeader })],
  ])('by %s is away, and what has come is not taken for the whole log', async (_, end) => {
    const store = connect(await answering(end));
    const from = { after: 0n, categories: ['till'], signal: new AbortController().signal };
    const all = async (batches: AsyncIterable<unknown>) => {
      for await (const _ of batches);
    };
    await expect(all(store.subscribe(from))).rejects.toThrow(EventStoreUnavailable);
    await expect(all(store.bytes.log({ ...from, until: 1n }))).rejects.toThrow(EventStoreUnavailable);
  });

  it('and one that says nothing is away for whoever asks what is there, and for whoever follows it is only quiet', async () => {
    const url = await answering(() => undefined);
    const client = KurrentDBClient.connectionString(url);
    closing.push(() => client.dispose());
    const silent = new StoredBytes(client, 50);
    const enough = new AbortController();
    let isOver = false;
    const following = (async () => {
      for await (const _ of silent.log({ after: 0n, categories: ['till'], signal: enough.signal }));
      isOver = true;
    })();
    const stream = async () => {
      for await (const _ of silent.stream('till-1'));
    };
    for (const asked of [stream, () => silent.last('till-1'), () => silent.before(undefined, 1), () => silent.at(7n)]) {
      await expect(asked()).rejects.toThrow(new EventStoreUnavailable('no answer within 50 ms'));
    }
    expect(isOver).toBe(false);
    enough.abort();
    await following;
  });

  it('and one that does not even take a call is away as well', async () => {
    const mute = createServer();
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const sockets = new Set<Socket>();
    mute.on('connection', (socket) => sockets.add(socket));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    const { port } = mute.address() as AddressInfo;
    const client = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${port}?tls=false`);
    closing.push(() => client.dispose());
    await expect(new StoredBytes(client, 50).last('till-1')).rejects.toThrow(EventStoreUnavailable);
  });

  it('by kill -9 is away, and from where its reader is everything comes once when it is back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'paybill-subscription-'));
    closing.push(() => rm(dataDir, { recursive: true }));
    const start = async () => {
      const node = await spawnEventStoreNode({ dataDir, port: 0 });
      closing.push(() => node.close());
      return { node, store: connect(node.connectionString) };
    };
    const { node, store: before } = await start();
    let store = before;
    const handling = new CommandHandling(store);
    for (let id = 0; id < 10; id++) {
      const put = { definition: Put, data: Put.schema.parse({ amount: 5, times: 2000 }), metadata: commandMetadata() };
      await handling.handle(String(id), put);
    }
    const last = await store.lastPosition();
    const read: bigint[] = [];
    const { signal } = new AbortController();
    const follow = async (afterBatch: () => Promise<void>) => {
      for await (const batch of store.subscribe({ after: read.at(-1) ?? 0n, categories: ['till'], signal })) {
        for (const message of batch) if (message.kind === 'event') read.push(message.event.position);
        if (read.at(-1) === last) return;
        await afterBatch();
      }
    };
    const killed = async () => {
      process.kill(node.pid, 'SIGKILL');
      await node.exited;
    };
    let kills = 0;
    await expect(follow(() => (kills++ === 0 ? killed() : Promise.resolve()))).rejects.toThrow(EventStoreUnavailable);
    expect(read.length).toBeLessThan(20_000);
    ({ store } = await start());
    await follow(() => Promise.resolve());
    expect(read).toHaveLength(20_000);
    expect(read).toEqual([...new Set(read)].sort((one, other) => (one < other ? -1 : 1)));
  });
});
