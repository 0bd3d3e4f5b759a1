import {
  ANY,
  NO_STREAM,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client';
import { aStream, collect, events, revisions, startBench, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

const written = async (count = 3): Promise<string> => {
  const stream = aStream();
  await bench.client.appendToStream(stream, events(count), { streamState: NO_STREAM });
  return stream;
};
const read = (stream: string) => collect(bench.client.readStream(stream)).then(revisions);

describe('deleting a stream', () => {
  it('hides it until it is written again, with revisions that go on', async () => {
    const stream = await written(3);
    const { position } = await bench.client.deleteStream(stream);
    expect(position!.commit).toBeGreaterThan(0n);
    await expect(read(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
    const again = await bench.client.appendToStream(stream, events(2), { streamState: NO_STREAM });
    expect(again.nextExpectedRevision).toBe(4n);
    expect(await read(stream)).toEqual([3, 4]);
    const backwards = bench.client.readStream(stream, { direction: 'backwards', fromRevision: 'end' });
    expect(revisions(await collect(backwards))).toEqual([4, 3]);
    expect((await bench.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 });
  });

  it.each([ANY, 2n] as const)('lets an append that expects %s bring it back', async (streamState) => {
    const stream = await written(3);
    await bench.client.deleteStream(stream);
    const again = await bench.client.appendToStream(stream, events(1), { streamState });
    expect(again.nextExpectedRevision).toBe(3n);
    expect(await read(stream)).toEqual([3]);
  });

  it('checks the revision it expects', async () => {
    const stream = await written(3);
    for (const expectedRevision of [1n, 9n, NO_STREAM] as const) {
      const attempt = bench.client.deleteStream(stream, { expectedRevision });
      await expect(attempt).rejects.toBeInstanceOf(WrongExpectedVersionError);
      await expect(attempt).rejects.toMatchObject({ streamName: stream, actualState: 2n });
    }
    await bench.client.deleteStream(stream, { expectedRevision: 2n });
    await expect(read(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  it('leaves its events in the log', async () => {
    const stream = await written(3);
    await bench.client.deleteStream(stream);
    const types = (await collect(bench.client.readAll({ fromPosition: START })))
      .filter(({ event }) => event!.streamId === stream || event!.streamId === `$$${stream}`)
      .map(({ event }) => event!.type);
    expect(types).toEqual(['Numbered', 'Numbered', 'Numbered', '$metadata']);
  });

  it('works for a stream that has only metadata', async () => {
    const stream = aStream();
    await bench.client.setStreamMetadata(stream, { cacheControl: 10 });
    await expect(bench.client.deleteStream(stream, { expectedRevision: NO_STREAM })).resolves.toBeDefined();
  });

  it('is undone by new metadata, which is kept', async () => {
    const stream = await written(3);
    await bench.client.deleteStream(stream);
    await bench.client.setStreamMetadata(stream, { maxCount: 5 });
    expect(await read(stream)).toEqual([]);
    expect((await bench.client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 5, truncateBefore: 3 });
    await bench.client.appendToStream(stream, events(1), { streamState: 2n });
    expect(await read(stream)).toEqual([3]);
  });

  it('recognises a repeated append after the stream came back', async () => {
    const stream = await written(3);
    await bench.client.deleteStream(stream);
    const back = events(2);
    const first = await bench.client.appendToStream(stream, back, { streamState: 2n });
    expect(await bench.client.appendToStream(stream, back, { streamState: 2n })).toEqual(first);
    expect(await read(stream)).toEqual([3, 4]);
  });
});

describe('a tombstone', () => {
  it('removes the stream for ever', async () => {
    const stream = await written(3);
    await expect(bench.client.tombstoneStream(stream, { expectedRevision: 1n })).rejects.toBeInstanceOf(
      WrongExpectedVersionError,
    );
    const { position } = await bench.client.tombstoneStream(stream, { expectedRevision: 2n });
    expect(position).toBeDefined();
    await expect(read(stream)).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(bench.client.appendToStream(stream, events(1))).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(bench.client.deleteStream(stream)).rejects.toMatchObject({ streamName: stream });
    await expect(bench.client.tombstoneStream(stream)).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(bench.client.setStreamMetadata(stream, {})).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('can be set on a stream nobody wrote, or that was deleted', async () => {
    const [fresh, deleted] = [aStream(), await written()];
    await bench.client.deleteStream(deleted);
    for (const stream of [fresh, deleted]) {
      await bench.client.tombstoneStream(stream);
      await expect(read(stream)).rejects.toBeInstanceOf(StreamDeletedError);
    }
  });

  it('is an event of the log', async () => {
    const stream = await written(1);
    const { position } = await bench.client.tombstoneStream(stream);
    const [last] = await collect(bench.client.readAll({ fromPosition: position, maxCount: 1 }));
    expect(last!.event).toMatchObject({
      streamId: stream,
      type: '$streamDeleted',
      revision: 9_223_372_036_854_775_807n,
    });
  });
});
