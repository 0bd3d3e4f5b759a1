import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogFile, type SpawnedEventStoreNode, spawnEventStoreNode, startEventStoreNode } from '#libs/eventstore-node';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { collect, events } from '../testing/client.js';

describe('The file of a log', () => {
  let node: SpawnedEventStoreNode;
  let client: KurrentDBClient;
  let scratch: string;
  let directory: string;

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'paybill-log-'));
    directory = join(scratch, 'log');
    // In a process of its own, as in earnest: lmdb opens a file once in each process.
    node = await spawnEventStoreNode({ dataDir: directory, port: 0 });
    client = KurrentDBClient.connectionString(node.connectionString);
  });
  afterEach(async () => {
    await client.dispose();
    await node.close();
    await rm(scratch, { recursive: true });
  });

  const own = (stream: string) => !stream.startsWith('$');

  it('is read beside its node: every event with its place and bytes, in the order of the log', async () => {
    await client.appendToStream('one', events(3));
    await client.appendToStream('two', events(2, 'Other'));
    const file = new LogFile(directory);
    const found = [...file.events()].filter(({ stream }) => own(stream));
    expect(found.map(({ stream, revision, type }) => [stream, Number(revision), type])).toEqual([
      ...[0, 1, 2].map((revision) => ['one', revision, 'Numbered']),
      ...[0, 1].map((revision) => ['two', revision, 'Other']),
    ]);
    expect(found.map(({ data }) => JSON.parse(data.toString()) as unknown)).toEqual(
      [0, 1, 2, 0, 1].map((number) => ({ number })),
    );
    const read = await collect(client.readStream('one'));
    expect(found.slice(0, 3).map(({ id, position }) => [id, position])).toEqual(
      read.map(({ event }) => [event!.id, event!.position?.commit]),
    );
    expect(file.count).toBe([...file.events()].length);
    await file.close();
  });

  it('is copied while sixteen writers write: each copy is the log up to some event, and a node starts on it', async () => {
    let writing = true;
    const written = Array.from({ length: 16 }, () => 0);
    const writers = written.map(async (_, writer) => {
      for (; writing; written[writer]! += 1) await client.appendToStream(`stream-${writer}`, events(1));
    });
    const copies: string[] = [];
    for (let copy = 0; copy < 5; copy++) {
      while (written.some((count) => count < copy * 5)) await new Promise(setImmediate);
      const file = new LogFile(directory);
      const before = file.count;
      const to = join(scratch, String(copy));
      await file.copyTo(to);
      await file.close();
      const copied = new LogFile(to);
      expect(copied.count).toBeGreaterThanOrEqual(before);
      await copied.close();
      copies.push(to);
    }
    writing = false;
    await Promise.all(writers);
    const whole = new LogFile(directory);
    const log = [...whole.events()].map(({ position, id }) => `${position} ${id}`);
    await whole.close();
    for (const copy of copies) {
      const file = new LogFile(copy);
      const part = [...file.events()].map(({ position, id }) => `${position} ${id}`);
      await file.close();
      expect(part.length).toBeGreaterThan(0);
      expect(part).toEqual(log.slice(0, part.length));
    }
    const restored = await startEventStoreNode({ dataDir: copies.at(-1)!, port: 0 });
    const other = KurrentDBClient.connectionString(restored.connectionString);
    const { nextExpectedRevision } = await other.appendToStream('stream-0', events(1));
    expect((await collect(other.readStream('stream-0'))).length).toBe(Number(nextExpectedRevision) + 1);
    await other.dispose();
    await restored.close();
  }, 60_000);

  it('is refused where there is none, and where the file is something else', async () => {
    expect(() => new LogFile(scratch)).toThrow('data.mdb does not exist');
    await writeFile(join(scratch, 'data.mdb'), 'no log at all, and long enough to look like one');
    expect(() => new LogFile(scratch)).toThrow('is not the file of an event store');
  });
});
