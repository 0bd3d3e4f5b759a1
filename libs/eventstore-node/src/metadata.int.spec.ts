import { jsonEvent, WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import { aStream, collect, events, revisions, startBench, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

const read = (stream: string, direction: 'forwards' | 'backwards' = 'forwards') =>
  collect(
    bench.client.readStream(stream, { direction, fromRevision: direction === 'forwards' ? 'start' : 'end' }),
  ).then(revisions);
const backwards = (from: number, to: number): number[] => Array.from({ length: from - to + 1 }, (_, n) => from - n);

describe('stream metadata', () => {
  it("is read back as it was set, with properties of one's own", async () => {
    const stream = aStream();
    expect(await bench.client.getStreamMetadata(stream)).toEqual({ streamName: stream });
    const metadata = {
      maxCount: 10,
      maxAge: 3600,
      cacheControl: 5,
      truncateBefore: 2,
      acl: { readRoles: ['a', 'b'], writeRoles: ['c', 'd'] },
      department: 'billing',
    };
    // The option is missing in the client's types, and handed on to its append.
    const expecting = (streamState: 'no_stream' | bigint): object => ({ streamState });
    await bench.client.setStreamMetadata(stream, metadata, expecting('no_stream'));
    expect((await bench.client.getStreamMetadata(stream)).metadata).toEqual(metadata);
    const conflict = bench.client.setStreamMetadata(stream, {}, expecting('no_stream'));
    await expect(conflict).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await bench.client.setStreamMetadata(stream, { maxCount: 3 }, expecting(0n));
    expect((await bench.client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 3 });
  });

  it('lets a stream with metadata count as one that exists', async () => {
    const stream = aStream();
    await bench.client.setStreamMetadata(stream, { maxCount: 2 });
    await bench.client.appendToStream(stream, events(1), { streamState: 'stream_exists' });
    expect(await read(stream)).toEqual([0]);
  });

  it('limits the number of events', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(600));
    await bench.client.setStreamMetadata(stream, { maxCount: 4 });
    expect(await read(stream)).toEqual([596, 597, 598, 599]);
    expect(await read(stream, 'backwards')).toEqual([599, 598, 597, 596]);
    await bench.client.appendToStream(stream, events(2));
    expect(await read(stream)).toEqual([598, 599, 600, 601]);
    expect(revisions(await collect(bench.client.readStream(stream, { fromRevision: 599n, maxCount: 2 })))).toEqual([
      599, 600,
    ]);
  });

  it('hides events before a revision', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(400));
    await bench.client.setStreamMetadata(stream, { truncateBefore: 390 });
    expect(await read(stream)).toEqual(backwards(399, 390).reverse());
    expect(await read(stream, 'backwards')).toEqual(backwards(399, 390));
    await bench.client.setStreamMetadata(stream, { truncateBefore: 400 });
    expect(await read(stream)).toEqual([]);
    expect(await read(stream, 'backwards')).toEqual([]);
    await bench.client.appendToStream(stream, events(1), { streamState: 399n });
    expect(await read(stream)).toEqual([400]);
  });

  it('hides events that are too old', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(300));
    await bench.client.setStreamMetadata(stream, { maxAge: 3600 });
    expect(await read(stream)).toHaveLength(300);
    await bench.client.setStreamMetadata(stream, { maxAge: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await read(stream)).toEqual([]);
    await bench.client.setStreamMetadata(stream, {});
    expect(await read(stream)).toHaveLength(300);
  });

  it('is a stream of which only the last event is visible', async () => {
    const stream = aStream();
    for (const maxCount of [1, 2, 3]) await bench.client.setStreamMetadata(stream, { maxCount });
    expect(await read(`$$${stream}`)).toEqual([2]);
  });

  it('can be written as a raw event, and nonsense counts as none', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(5));
    await bench.client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: { $tb: 3 } }));
    expect(await read(stream)).toEqual([3, 4]);
    for (const data of ['text', [1], { $tb: 'three', $maxCount: -1, $maxAge: {} }]) {
      await bench.client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: data as never }));
      expect(await read(stream)).toEqual([0, 1, 2, 3, 4]);
    }
  });
});
