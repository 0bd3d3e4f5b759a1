import {
  ANY,
  binaryEvent,
  DeadlineExceededError,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  WrongExpectedVersionError,
  type AppendResult,
  type AppendStreamState,
  type EventData,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { aStream, collect, events, numbers, revisions, startBench, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

// Per-call credentials make the client use the single append instead of the batch append.
const paths = [
  ['batch append', {}],
  ['single append', { credentials: { username: 'any', password: 'any' } }],
] as const;

describe.each(paths)('%s', (_name, options) => {
  const append = (
    stream: string,
    toAppend: EventData | EventData[],
    streamState: AppendStreamState = ANY,
  ): Promise<AppendResult> => bench.client.appendToStream(stream, toAppend, { ...options, streamState });
  const refused = async (attempt: Promise<unknown>): Promise<WrongExpectedVersionError> => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    return error as WrongExpectedVersionError;
  };

  it('answers the revision and the position of the last event', async () => {
    const stream = aStream();
    const first = await append(stream, events(3), NO_STREAM);
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 2n });
    const second = await append(stream, events(2), 2n);
    expect(second.nextExpectedRevision).toBe(4n);
    expect(second.position!.commit).toBeGreaterThan(first.position!.commit);
    const read = await collect(bench.client.readStream(stream));
    expect(revisions(read)).toEqual([0, 1, 2, 3, 4]);
    expect(read[4]!.event!.position).toEqual(second.position);
  });

  it('keeps JSON, bytes, metadata, type, id and time of an event', async () => {
    const stream = aStream();
    const before = Date.now();
    const json = jsonEvent({ type: 'Grüße', data: { text: 'Übergröße 🎈', n: 1 }, metadata: { who: 'Jürgen' } });
    const bytes = binaryEvent({ type: 'raw', data: Buffer.from([0, 255, 1]), metadata: Buffer.from([0xfe, 0]) });
    await append(stream, [json, bytes]);
    const [first, second] = await collect(bench.client.readStream(stream));
    expect(first!.event).toMatchObject({
      id: json.id,
      type: 'Grüße',
      isJson: true,
      data: json.data,
      metadata: json.metadata,
      streamId: stream,
    });
    expect(second!.event).toMatchObject({ id: bytes.id, type: 'raw', isJson: false });
    expect([...(second!.event!.data as Uint8Array)]).toEqual([0, 255, 1]);
    expect([...(second!.event!.metadata as Uint8Array)]).toEqual([0xfe, 0]);
    // The client truncates the time to whole seconds when it reads.
    expect(first!.event!.created.getTime()).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(first!.event!.created.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('refuses another revision than expected and says which there is', async () => {
    const stream = aStream();
    expect(await refused(append(stream, events(1), 5n))).toMatchObject({ expectedState: 5n, actualState: 'no_stream' });
    expect(await refused(append(stream, events(1), STREAM_EXISTS))).toMatchObject({ expectedState: STREAM_EXISTS });
    await append(stream, events(2), NO_STREAM);
    const expectations: [AppendStreamState, unknown][] = [
      [NO_STREAM, NO_STREAM],
      [0n, 0n],
      [7n, 7n],
      [9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n],
    ];
    for (const [state, expectedState] of expectations) {
      const error = await refused(append(stream, events(1), state));
      expect(error).toMatchObject({ streamName: stream, expectedState, actualState: 1n });
    }
    expect(numbers(await collect(bench.client.readStream(stream)))).toEqual([0, 1]);
  });

  it('appends to a stream that exists, or to any', async () => {
    const stream = aStream();
    await append(stream, events(1), ANY);
    expect((await append(stream, events(1), STREAM_EXISTS)).nextExpectedRevision).toBe(1n);
    expect((await append(stream, events(1), ANY)).nextExpectedRevision).toBe(2n);
  });

  it('answers a repeated append at its exact revision with the first result', async () => {
    const stream = aStream();
    const [a, b, c] = [events(2), events(1), events(2)];
    const first = await append(stream, a, NO_STREAM);
    const second = await append(stream, b, 1n);
    const third = await append(stream, c, 2n);
    expect(await append(stream, b, 1n)).toEqual(second);
    expect(await append(stream, a, NO_STREAM)).toEqual(first);
    expect(await append(stream, c, 2n)).toEqual(third);
    expect(await append(stream, [...b, ...c], 1n)).toEqual(third);
    expect(revisions(await collect(bench.client.readStream(stream)))).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses a repeated append of which only some events are there', async () => {
    const stream = aStream();
    const [known, more] = [events(2), events(1)];
    await append(stream, known, NO_STREAM);
    await refused(append(stream, [...known, ...more], NO_STREAM));
    await refused(append(stream, [...known, ...more], ANY));
    await refused(append(stream, known, 0n));
    expect(await collect(bench.client.readStream(stream))).toHaveLength(2);
  });

  it.each([ANY, STREAM_EXISTS] as const)('recognises a repeated append that expects %s', async (state) => {
    const stream = aStream();
    await append(stream, events(1), NO_STREAM);
    const again = events(2);
    const first = await append(stream, again, state);
    await append(stream, events(3), ANY);
    expect(await append(stream, again, state)).toEqual(first);
    expect(await collect(bench.client.readStream(stream))).toHaveLength(6);
  });

  it('does not take the same event in another stream for a repetition', async () => {
    const same = events(1);
    const [one, other] = [aStream(), aStream()];
    await append(one, same, ANY);
    await append(other, same, ANY);
    expect(await collect(bench.client.readStream(other))).toHaveLength(1);
  });

  it('accepts an append without events and writes nothing', async () => {
    const stream = aStream();
    expect(await append(stream, [], NO_STREAM)).toMatchObject({ success: true, position: undefined });
    await expect(collect(bench.client.readStream(stream))).rejects.toThrow();
    await append(stream, events(2), NO_STREAM);
    expect(await append(stream, [], 1n)).toMatchObject({ nextExpectedRevision: 1n, position: undefined });
    await refused(append(stream, [], 0n));
  });

  it('refuses an append to a tombstoned stream', async () => {
    const stream = aStream();
    await append(stream, events(1));
    await bench.client.tombstoneStream(stream);
    for (const state of [ANY, NO_STREAM, STREAM_EXISTS, 0n] as const) {
      const attempt = append(stream, events(1), state);
      await expect(attempt).rejects.toMatchObject({ streamName: stream });
      await expect(attempt).rejects.toBeInstanceOf(StreamDeletedError);
    }
  });

  it('refuses an append of more than 1 MiB', async () => {
    const large = Array.from({ length: 3 }, () => binaryEvent({ type: 'large', data: Buffer.alloc(400_000) }));
    const attempt = append(aStream(), large);
    await expect(attempt).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
    await expect(attempt).rejects.toMatchObject({ maxAppendSize: 1024 * 1024 });
    const many = append(aStream(), events(25_000));
    await expect(many).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
    expect((await append(aStream(), large.slice(0, 2))).success).toBe(true);
  });

  it('refuses an append whose deadline has passed', async () => {
    const late = bench.client.appendToStream(aStream(), events(3000), { ...options, deadline: 1 });
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError);
  });

  it('keeps the order of appends that are sent together', async () => {
    const stream = aStream();
    const sent = Array.from({ length: 200 }, (_, n) =>
      append(stream, jsonEvent({ type: 'n', data: { number: n } }), ANY),
    );
    const results = await Promise.all(sent);
    const read = await collect(bench.client.readStream(stream));
    expect(revisions(read)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    results.forEach(({ nextExpectedRevision }, n) => {
      expect(numbers([read[Number(nextExpectedRevision)]!])).toEqual([n]);
    });
  });

  it('lets one of many writers win a revision', async () => {
    const stream = aStream();
    const attempts = Array.from({ length: 20 }, () => append(stream, events(1), NO_STREAM));
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await collect(bench.client.readStream(stream))).toHaveLength(1);
  });

  it('takes stream names of any length and script', async () => {
    for (const stream of [aStream('straße-東京-🎈 x'), 'n'.repeat(3000) + randomUUID(), aStream('a%2F?#&=')]) {
      await append(stream, events(2), NO_STREAM);
      const read = await collect(bench.client.readStream(stream));
      expect(read.map(({ event }) => event!.streamId)).toEqual([stream, stream]);
    }
  });
});

it('puts an append together that comes in many messages', async () => {
  const stream = aStream();
  const result = await bench.client.appendToStream(stream, events(5000), { batchAppendSize: 1024 });
  expect(result.nextExpectedRevision).toBe(4999n);
  expect(numbers(await collect(bench.client.readStream(stream)))).toEqual(Array.from({ length: 5000 }, (_, n) => n));
});

it('takes an event of nearly 16 MiB where appends may be that large', async () => {
  const large = await startBench({ maxAppendSize: 64 * 1024 * 1024 });
  const data = Buffer.alloc(15 * 1024 * 1024, 'e');
  await large.client.appendToStream('large', binaryEvent({ type: 'large', data }), { batchAppendSize: 2 ** 30 });
  const [read] = await collect(large.client.readStream('large'));
  expect(Buffer.compare(read!.event!.data as Uint8Array, data)).toBe(0);
  const subscription = large.client.subscribeToStream('large');
  for await (const { event } of subscription) {
    expect((event!.data as Uint8Array).length).toBe(data.length);
    break;
  }
  const tooLarge = binaryEvent({ type: 'large', data: Buffer.alloc(17 * 1024 * 1024) });
  await expect(large.client.appendToStream('large', tooLarge, { batchAppendSize: 2 ** 30 })).rejects.toThrow();
  await large.close();
});
