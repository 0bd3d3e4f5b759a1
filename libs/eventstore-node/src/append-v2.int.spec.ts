import {
  ANY,
  AppendConsistencyViolationError,
  AppendRecordSizeExceededError,
  binaryEvent,
  jsonEvent,
  NO_STREAM,
  STREAM_EXISTS,
  STREAM_STATE,
  StreamTombstonedError,
  TransactionMaxSizeExceededError,
  WrongExpectedVersionError,
  type AppendRecordInput,
  type AppendStreamState,
  type ConsistencyCheck,
} from '@kurrent/kurrentdb-client';
import { aStream, collect, revisions, startBench, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

const event = (type = 'Recorded') => jsonEvent({ type, data: { a: 1 }, metadata: { commandId: 'c-1' } });
const record = (streamName: string): AppendRecordInput => ({ streamName, record: event() });
const check = (streamName: string, expectedState: ConsistencyCheck['expectedState']): ConsistencyCheck => ({
  type: STREAM_STATE,
  streamName,
  expectedState,
});
const seed = async (count: number, name = 'seeded'): Promise<string> => {
  const stream = aStream(name);
  await bench.client.appendRecords(Array.from({ length: count }, () => record(stream)));
  return stream;
};
const length = async (stream: string): Promise<number> => {
  const found = await collect(bench.client.readStream(stream)).catch(() => []);
  return found.length;
};
const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'succeeded',
    (error: unknown) => error,
  );

describe('multiStreamAppend', () => {
  const append = (requests: [string, ReturnType<typeof event>[], AppendStreamState][]) =>
    bench.client.multiStreamAppend(
      requests.map(([streamName, events, expectedState]) => ({ streamName, events, expectedState })),
    );

  it('appends to many streams at once', async () => {
    const [a, b] = [aStream(), await seed(2)];
    const result = await append([
      [a, [event(), event()], NO_STREAM],
      [b, [event()], 1n],
    ]);
    expect(result.responses).toEqual([
      { streamName: a, revision: 1n },
      { streamName: b, revision: 2n },
    ]);
    const [last] = await collect(
      bench.client.readStream(b, { direction: 'backwards', fromRevision: 'end', maxCount: 1 }),
    );
    expect(last!.event!.position!.commit).toBe(result.position);
  });

  it('appends nothing when one stream is not as expected', async () => {
    const [a, b] = [aStream(), await seed(1)];
    const error = await failure(
      append([
        [a, [event()], NO_STREAM],
        [b, [event()], NO_STREAM],
      ]),
    );
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: b, expectedState: NO_STREAM, actualState: 0n });
    expect(await length(a)).toBe(0);
  });

  it('answers a repetition with the first result', async () => {
    const [a, b] = [aStream(), await seed(1)];
    const requests: Parameters<typeof append>[0] = [
      [a, [event(), event()], NO_STREAM],
      [b, [event()], ANY],
    ];
    const first = await append(requests);
    await bench.client.appendToStream(a, event());
    expect(await append(requests)).toEqual(first);
    expect(await length(a)).toBe(3);
  });

  it('refuses a repetition of which one stream is not there', async () => {
    const [a, b] = [aStream(), aStream()];
    const known = [event()];
    await append([[a, known, NO_STREAM]]);
    const both = append([
      [a, known, NO_STREAM],
      [b, [event()], NO_STREAM],
    ]);
    expect(await failure(both)).toBeInstanceOf(WrongExpectedVersionError);
    expect(await length(b)).toBe(0);
  });

  it('refuses a tombstoned stream, a stream that comes twice and too much data', async () => {
    const dead = await seed(1);
    await bench.client.tombstoneStream(dead);
    expect(await failure(append([[dead, [event()], ANY]]))).toBeInstanceOf(StreamTombstonedError);
    const twice = append([
      ['Twice', [event()], ANY],
      ['twice', [event()], ANY],
    ]);
    expect(await failure(twice)).toMatchObject({ code: 10 });
    const large = binaryEvent({ type: 'large', data: Buffer.alloc(700_000) });
    const tooMuch = bench.client.multiStreamAppend([
      { streamName: aStream(), events: [large], expectedState: ANY },
      { streamName: aStream(), events: [{ ...large, id: event().id }], expectedState: ANY },
    ]);
    expect(await failure(tooMuch)).toBeInstanceOf(TransactionMaxSizeExceededError);
  });

  it('refuses a session without requests and a request without events', async () => {
    expect(await failure(append([]))).toMatchObject({ code: 9 });
    expect(await failure(append([[aStream(), [], ANY]]))).toMatchObject({ code: 3 });
  });

  it('shows properties and schema to readers as metadata', async () => {
    const stream = aStream();
    await append([[stream, [event('Paid')], NO_STREAM]]);
    const [read] = await collect(bench.client.readStream(stream));
    expect(read!.event).toMatchObject({ type: 'Paid', isJson: true, data: { a: 1 } });
    expect(read!.event!.metadata).toEqual({ commandId: 'c-1', '$schema.format': 'Json', '$schema.name': 'Paid' });
  });
});

describe('appendRecords', () => {
  it('appends interleaved records in their order', async () => {
    const [a, b] = [aStream(), aStream()];
    const result = await bench.client.appendRecords([record(a), record(b), record(a), record(b), record(a)]);
    expect(result.responses).toEqual([
      { streamName: a, revision: 2n },
      { streamName: b, revision: 1n },
    ]);
    const order = (await collect(bench.client.readAll()))
      .map(({ event: recorded }) => recorded!.streamId)
      .filter((stream) => stream === a || stream === b);
    expect(order).toEqual([a, b, a, b, a]);
  });

  describe.each(['written', 'only checked'])('with a check on a stream that is %s', (use) => {
    const attempt = (stream: string, expected: ConsistencyCheck['expectedState']) =>
      bench.client.appendRecords([record(use === 'written' ? stream : aStream())], [check(stream, expected)]);
    const deleted = async (): Promise<string> => {
      const stream = await seed(3);
      await bench.client.deleteStream(stream);
      return stream;
    };
    const tombstoned = async (): Promise<string> => {
      const stream = await seed(3);
      await bench.client.tombstoneStream(stream);
      return stream;
    };

    it('succeeds when the stream is as expected', async () => {
      for (const [stream, expected] of [
        [aStream(), NO_STREAM],
        [await deleted(), NO_STREAM],
        [await seed(3), STREAM_EXISTS],
        [await seed(3), 2n],
      ] as const) {
        expect((await attempt(stream, expected)).responses).toHaveLength(1);
      }
    });

    it('fails and says how the stream is otherwise', async () => {
      for (const [stream, expected, actualState] of [
        [await seed(3), NO_STREAM, 2n],
        [await seed(3), 1n, 2n],
        [await seed(3), 10n, 2n],
        [aStream(), 10n, NO_STREAM],
        [aStream(), STREAM_EXISTS, NO_STREAM],
        [await deleted(), 10n, -10n],
        [await deleted(), STREAM_EXISTS, -10n],
        [await tombstoned(), STREAM_EXISTS, -100n],
        [await tombstoned(), 2n, -100n],
      ] as const) {
        const error = await failure(attempt(stream, expected));
        expect(error).toBeInstanceOf(AppendConsistencyViolationError);
        expect((error as AppendConsistencyViolationError).violations).toEqual([
          { checkIndex: 0, streamName: stream, expectedState: expected, actualState },
        ]);
      }
    });
  });

  it('reports every check that failed', async () => {
    const written = aStream();
    const good = await seed(3);
    const checks = [check(aStream(), STREAM_EXISTS), check(good, 2n), check(aStream(), 7n)];
    const error = await failure(bench.client.appendRecords([record(written)], checks));
    expect((error as AppendConsistencyViolationError).violations.map(({ checkIndex }) => checkIndex)).toEqual([0, 2]);
    expect(await length(written)).toBe(0);
  });

  it('lets a check of a tombstoned stream pass that expects no stream', async () => {
    const dead = await seed(1);
    await bench.client.tombstoneStream(dead);
    const stream = aStream();
    const result = await bench.client.appendRecords([record(stream)], [check(dead, NO_STREAM)]);
    expect(result.responses).toEqual([{ streamName: stream, revision: 0n }]);
    expect(await failure(bench.client.appendRecords([record(dead)]))).toBeInstanceOf(StreamTombstonedError);
  });

  it('answers a repetition with the first result although a checked stream has moved on', async () => {
    const [written, checked] = [await seed(2), await seed(1)];
    const records = [record(written), record(written)];
    const checks = [check(written, 1n), check(checked, 0n)];
    const first = await bench.client.appendRecords(records, checks);
    await bench.client.appendToStream(checked, event());
    await bench.client.appendToStream(written, event());
    expect(await bench.client.appendRecords(records, checks)).toEqual(first);
    expect(revisions(await collect(bench.client.readStream(written)))).toEqual([0, 1, 2, 3, 4]);
    const others = [record(written)];
    expect(await failure(bench.client.appendRecords(others, checks))).toBeInstanceOf(AppendConsistencyViolationError);
  });

  it('refuses no records, a check for any state and a record that is too large', async () => {
    expect(await failure(bench.client.appendRecords([]))).toMatchObject({ code: 3 });
    expect(
      await failure(bench.client.appendRecords([record(aStream())], [check(aStream(), ANY as never)])),
    ).toMatchObject({
      code: 3,
    });
    const large = binaryEvent({ type: 'large', data: Buffer.alloc(17 * 1024 * 1024) });
    const tooLarge = bench.client.appendRecords([{ streamName: aStream(), record: large }]);
    expect(await failure(tooLarge)).toBeInstanceOf(AppendRecordSizeExceededError);
  });
});
