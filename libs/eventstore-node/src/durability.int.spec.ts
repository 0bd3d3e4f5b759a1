import { fork } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonEvent, KurrentDBClient, type EventData } from '@kurrent/kurrentdb-client';
import fc from 'fast-check';
import { collect, events, revisions } from '../testing/client.js';
import { startTestNode } from '../testing/index.js';
import { spawnEventStoreNode, startEventStoreNode } from './index.js';

let dataDir: string;
beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), 'eventstore-node-'))));
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Runs with a client of a node on the test's directory, in this process. */
async function withNode<T>(use: (client: KurrentDBClient) => Promise<T>): Promise<T> {
  const node = await startTestNode({ dataDir });
  const client = KurrentDBClient.connectionString(node.connectionString);
  try {
    return await use(client);
  } finally {
    await client.dispose();
    await node.close();
  }
}

describe('a node that was stopped', () => {
  it('comes back as it was', async () => {
    const before = await withNode(async (client) => {
      await client.appendToStream('kept', events(300));
      await client.appendToStream('deleted', events(3));
      await client.deleteStream('deleted');
      await client.appendToStream('tombstoned', events(1));
      await client.tombstoneStream('tombstoned');
      await client.setStreamMetadata('limited', { maxCount: 1 });
      await client.appendToStream('limited', events(3));
      return collect(client.readAll());
    });
    await withNode(async (client) => {
      expect(await collect(client.readAll())).toEqual(before);
      expect(revisions(await collect(client.readStream('kept')))).toHaveLength(300);
      expect(revisions(await collect(client.readStream('limited')))).toEqual([2]);
      await expect(collect(client.readStream('deleted'))).rejects.toThrow();
      await expect(client.appendToStream('tombstoned', events(1))).rejects.toThrow();
      const { nextExpectedRevision, position } = await client.appendToStream('deleted', events(1));
      expect(nextExpectedRevision).toBe(3n);
      expect(position!.commit).toBeGreaterThan(before.at(-1)!.event!.position.commit);
    });
  });

  it('recognises appends from before, whatever revision they expect', async () => {
    const [exact, any] = [events(2), events(2)];
    const append = (client: KurrentDBClient) =>
      Promise.all([
        client.appendToStream('exact', exact, { streamState: 'no_stream' }),
        client.appendToStream('any', any),
      ]);
    const before = await withNode(append);
    expect(await withNode(append)).toEqual(before);
  });

  it('never turns time back, even if the clock was', async () => {
    await withNode((client) => client.appendToStream('time', events(1)));
    const late = Date.now;
    Date.now = () => late() - 3_600_000;
    try {
      const created = await withNode(async (client) => {
        await client.appendToStream('time', events(1));
        return (await collect(client.readStream('time'))).map(({ event }) => event!.created.getTime());
      });
      expect(created[1]).toBeGreaterThanOrEqual(created[0]!);
    } finally {
      Date.now = late;
    }
  });
});

describe('a directory', () => {
  it('serves one node at a time', async () => {
    const node = await startTestNode({ dataDir });
    const second = startEventStoreNode({ dataDir, port: 0 });
    await expect(second).rejects.toThrow(dataDir);
    const elsewhere = spawnEventStoreNode({ dataDir, port: 0 });
    await expect(elsewhere).rejects.toThrow(dataDir);
    await node.close();
    const child = await spawnEventStoreNode({ dataDir, port: 0 });
    await expect(startEventStoreNode({ dataDir, port: 0 })).rejects.toThrow(`process ${child.pid}`);
    await child.close();
    expect(await child.exited).toBe(0);
    await (await startTestNode({ dataDir })).close();
  });

  it('that cannot be opened is not kept', async () => {
    await writeFile(join(dataDir, 'data.mdb'), 'this is no database '.repeat(500));
    await expect(startEventStoreNode({ dataDir, port: 0 })).rejects.toThrow('data.mdb');
    await rm(join(dataDir, 'data.mdb'));
    await (await startTestNode({ dataDir })).close();
  });

  it('is created, and given back when the port is taken', async () => {
    const first = await startTestNode();
    const path = join(dataDir, 'deep', 'down');
    await expect(startEventStoreNode({ dataDir: path, port: first.port })).rejects.toThrow();
    await (await startEventStoreNode({ dataDir: path, port: 0 })).close();
    expect(await readdir(path)).toContain('data.mdb');
    await first.close();
  });
});

describe('a node that is killed', () => {
  const ROUNDS = 4;
  const WRITERS = 16;

  /** Appends without end until the node is gone, and notes what was acknowledged. */
  async function write(client: KurrentDBClient, stream: string, next: bigint, acknowledged: string[]): Promise<void> {
    for (;;) {
      const batch: EventData[] = Array.from({ length: 1 + Number(next % 4n) }, () =>
        jsonEvent({ type: 'Written', data: { filling: 'x'.repeat(300) } }),
      );
      const streamState = next === 0n ? 'no_stream' : next - 1n;
      const result = await client.appendToStream(stream, batch, { streamState }).catch(() => undefined);
      if (!result) return;
      acknowledged.push(...batch.map(({ id }) => id));
      next = result.nextExpectedRevision + 1n;
    }
  }

  it('keeps every acknowledged event, in order and without gap', async () => {
    const seed = Date.now() & 0xffff;
    const delays = fc.sample(fc.integer({ min: 20, max: 500 }), { seed, numRuns: ROUNDS });
    const acknowledged = Array.from({ length: WRITERS }, (): string[] => []);
    const lengths = Array.from({ length: WRITERS }, () => 0n);
    for (const [round, delay] of delays.entries()) {
      const node = await spawnEventStoreNode({ dataDir, port: 0 });
      const client = KurrentDBClient.connectionString(node.connectionString);
      const writers = acknowledged.map((list, n) => write(client, `writer-${n}`, lengths[n]!, list));
      setTimeout(() => process.kill(node.pid, 'SIGKILL'), delay);
      expect(await node.exited).toBeNull();
      await Promise.all(writers);
      await client.dispose();
      await withNode(async (reader) => {
        const positions = (await collect(reader.readAll())).map(({ event }) => event!.position.commit);
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => Number(a - b)));
        for (const [n, expected] of acknowledged.entries()) {
          const stored = await collect(reader.readStream(`writer-${n}`)).catch(() => []);
          const ids = stored.map(({ event }) => event!.id);
          const context = `seed ${seed}, round ${round}, writer ${n}`;
          expect([context, revisions(stored)]).toEqual([context, stored.map((_, revision) => revision)]);
          // Events that were written but not acknowledged may follow the last acknowledged ones.
          const wanted = new Set(expected);
          expect([context, ids.filter((id) => wanted.has(id))]).toEqual([context, expected]);
          lengths[n] = BigInt(stored.length);
        }
      });
    }
    expect(acknowledged.flat().length).toBeGreaterThan(ROUNDS * WRITERS);
  }, 60_000);

  it('ends with its parent, also when that is killed', async () => {
    const script = join(dataDir, 'parent.mjs');
    const entry = new URL('../../../dist/libs/eventstore-node/src/index.js', import.meta.url);
    await writeFile(
      script,
      `import { spawnEventStoreNode } from ${JSON.stringify(entry.href)};
       const node = await spawnEventStoreNode({ dataDir: ${JSON.stringify(join(dataDir, 'store'))}, port: 0 });
       process.send(node.pid);`,
    );
    const parent = fork(script, [], { execArgv: [] });
    const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(message as number)));
    parent.kill('SIGKILL');
    const alive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    for (let tries = 0; alive() && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(alive()).toBe(false);
  });
});
