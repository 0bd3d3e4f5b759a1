import { status } from '@grpc/grpc-js';
import { RawCalls } from '../testing/raw-calls.js';
import { aStream, collect, events, startBench, type TestBench } from '../testing/client.js';
import { ProtobufReader } from './wire/protobuf-reader.js';
import { ProtobufWriter } from './wire/protobuf-writer.js';
import { readUuid, writeUuid } from './wire/uuid.js';

const STREAMS = '/event_store.client.streams.Streams';
const V2 = '/kurrentdb.protocol.v2.streams.StreamsService';
const ID = '0b4d9c32-7f6a-4c43-9c15-0c37a1a0f0e1';

let bench: TestBench;
let raw: RawCalls;
beforeAll(async () => {
  bench = await startBench();
  raw = new RawCalls(bench.node.port);
});
afterAll(async () => {
  raw.close();
  await bench.close();
});

const message = (): ProtobufWriter => new ProtobufWriter();
const identifier = (stream: string): ProtobufWriter => message().string(3, stream);
const textIds = (): ProtobufWriter => message().empty(2);
const wrap = (options: ProtobufWriter): Buffer => message().message(1, options).finish();
const streamOptions = (stream: string): ProtobufWriter =>
  message().message(1, message().message(1, identifier(stream)).empty(3));
const allOptions = (start: ProtobufWriter = message().empty(2)): ProtobufWriter => message().message(2, start);
const fields = (bytes: Buffer): number[] => {
  const found: number[] = [];
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    found.push(reader.field);
    reader.skip();
  }
  return found;
};
const garbage = Buffer.from([0x0a, 0xff, 0xff, 0x01, 0x02]);

describe('a read that makes no sense is refused as an invalid argument', () => {
  const position = (commit: bigint, prepare: bigint): ProtobufWriter =>
    message().message(1, message().varint(1, commit).varint(2, prepare));
  const filter = (expression: ProtobufWriter, field = 2): ProtobufWriter =>
    message().message(field, expression).empty(4).varint(5, 1);
  const regex = (text: string): ProtobufWriter => message().string(1, text);

  it.each<[string, Buffer]>([
    ['no options', Buffer.alloc(0)],
    ['bytes that are no message', garbage],
    ['no uuid option', wrap(streamOptions('s').varint(5, 1).empty(8))],
    ['no source', wrap(message().varint(5, 1).empty(8).message(9, textIds()))],
    ['no stream name', wrap(streamOptions('').varint(5, 1).empty(8).message(9, textIds()))],
    ['no count and no subscription', wrap(streamOptions('s').empty(8).message(9, textIds()))],
    ['neither filter nor none', wrap(streamOptions('s').varint(5, 1).message(9, textIds()))],
    [
      'a filter on a stream',
      wrap(
        streamOptions('s')
          .varint(5, 1)
          .message(7, filter(regex('a')))
          .message(9, textIds()),
      ),
    ],
    ['a subscription backwards', wrap(allOptions().varint(3, 1).empty(6).empty(8).message(9, textIds()))],
    [
      'a wrong expression',
      wrap(
        allOptions()
          .varint(5, 1)
          .message(7, filter(regex('([')))
          .message(9, textIds()),
      ),
    ],
    ['a filter on nothing', wrap(allOptions().varint(5, 1).message(7, message().empty(4)).message(9, textIds()))],
    [
      'a filter without window',
      wrap(
        allOptions()
          .varint(5, 1)
          .message(7, message().message(1, regex('a')))
          .message(9, textIds()),
      ),
    ],
    [
      'a checkpoint interval of 0',
      wrap(
        allOptions()
          .empty(6)
          .message(7, message().message(1, regex('a')).empty(4))
          .message(9, textIds()),
      ),
    ],
    ['a prepare after its commit', wrap(allOptions(position(1n, 2n)).varint(5, 1).empty(8).message(9, textIds()))],
    [
      'a position out of range',
      wrap(
        allOptions(position(1n << 63n, 0n))
          .varint(5, 1)
          .empty(8)
          .message(9, textIds()),
      ),
    ],
    [
      'a revision out of range',
      wrap(
        message()
          .message(
            1,
            message()
              .message(1, identifier('s'))
              .varint(2, 1n << 63n),
          )
          .varint(5, 1)
          .empty(8)
          .message(9, textIds()),
      ),
    ],
  ])('%s', async (_name, request) => {
    expect(await raw.serverStream(`${STREAMS}/Read`, request)).toEqual([status.INVALID_ARGUMENT]);
  });
});

describe('an append that makes no sense is refused as an invalid argument', () => {
  const options = (stream = aStream()): ProtobufWriter => message().message(1, identifier(stream));
  const first = (stream?: string): Buffer => wrap(options(stream).empty(4));
  const metadata = (key: string, value: string): ProtobufWriter => message().string(1, key).string(2, value);
  const proposed = (id: ProtobufWriter, ...keys: string[]): Buffer => {
    const event = message().message(1, id);
    for (const key of keys) event.message(2, metadata(key, 'x'));
    return message().message(2, event).finish();
  };
  const id = writeUuid(ID, false);

  it.each<[string, Buffer[]]>([
    ['nothing at all', []],
    ['bytes that are no message', [garbage]],
    ['no stream name', [wrap(message().empty(4))]],
    ['an empty stream name', [first('')]],
    ['the name of no metadata stream', [first('$$')]],
    ['no expected revision', [wrap(options())]],
    ['an expected revision out of range', [wrap(options().varint(2, 1n << 63n))]],
    ['an event first', [proposed(id, 'type', 'content-type'), first()]],
    ['no event id', [first(), proposed(message(), 'type', 'content-type')]],
    ['an event id that is no uuid', [first(), proposed(message().string(2, 'one'), 'type', 'content-type')]],
    ['no event type', [first(), proposed(id, 'content-type')]],
    ['no content type', [first(), proposed(id, 'type')]],
  ])('%s', async (_name, messages) => {
    expect(await raw.clientStream(`${STREAMS}/Append`, messages)).toBe(status.INVALID_ARGUMENT);
  });

  it('in a batch it is refused by itself, and the call goes on', async () => {
    const batch = (opts: ProtobufWriter | undefined, event: ProtobufWriter): Buffer => {
      const request = message().message(1, writeUuid(ID, true));
      if (opts) request.message(2, opts);
      return request.message(3, event).bool(4, true).finish();
    };
    const event = (type = 'type'): ProtobufWriter =>
      message().message(1, id).message(2, metadata(type, 'x')).message(2, metadata('content-type', 'x'));
    const answers = await raw.bothWays(`${STREAMS}/BatchAppend`, [
      batch(options().empty(4), event('no-type')),
      batch(options(), event()),
      batch(message().empty(4), event()),
      batch(undefined, event()),
      batch(options().empty(4), event()),
    ]);
    expect(answers.map((answer) => fields(answer as Buffer))).toEqual([
      [1, 2, 4],
      [1, 2, 4],
      [1, 2],
      [1, 3, 4],
    ]);
    const correlation = new ProtobufReader(answers[3] as Buffer);
    correlation.next();
    expect(readUuid(correlation.message())).toBe(ID);
    expect(await raw.bothWays(`${STREAMS}/BatchAppend`, [garbage])).toEqual([status.INVALID_ARGUMENT]);
  });

  it.each([`${STREAMS}/Delete`, `${STREAMS}/Tombstone`, `${V2}/AppendRecords`])('%s', async (path) => {
    for (const request of [Buffer.alloc(0), garbage, wrap(message().empty(4)), wrap(options())]) {
      expect(await raw.unary(path, request)).toBe(status.INVALID_ARGUMENT);
    }
  });

  it('a record without schema, with a wrong id, or an unknown expectation', async () => {
    const schema = message().varint(1, 1).string(2, 'type');
    const request = (record: ProtobufWriter, expected = -2): Buffer[] => [
      message().string(1, aStream()).message(2, record).sint64(3, expected).finish(),
    ];
    expect(await raw.clientStream(`${V2}/AppendSession`, request(message().message(3, schema)))).toBeInstanceOf(Buffer);
    for (const messages of [
      request(message()),
      request(message().message(3, message().varint(1, 1))),
      request(message().message(3, message().string(2, 'type'))),
      request(message().string(1, 'one').message(3, schema)),
      request(message().message(3, schema), -3),
      [garbage],
    ]) {
      expect(await raw.clientStream(`${V2}/AppendSession`, messages)).toBe(status.INVALID_ARGUMENT);
    }
  });
});

describe('reads that only other clients send', () => {
  const readStream = (stream: string, start: number, backwards: boolean, compatibility = 0): Buffer =>
    wrap(
      message()
        .message(1, message().message(1, identifier(stream)).empty(start))
        .varint(3, backwards ? 1 : 0)
        .varint(5, 10)
        .empty(8)
        .message(9, textIds())
        .message(10, message().varint(1, compatibility)),
    );
  const START = 3;
  const END = 4;

  it('a stream forwards from its end, and backwards from its start', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(3));
    expect(await raw.serverStream(`${STREAMS}/Read`, readStream(stream, END, false))).toEqual([]);
    expect(await raw.serverStream(`${STREAMS}/Read`, readStream(stream, START, true))).toHaveLength(1);
  });

  it('with messages about the ends of the stream', async () => {
    const stream = aStream();
    await bench.client.appendToStream(stream, events(3));
    const read = async (start: number, backwards: boolean) =>
      (await raw.serverStream(`${STREAMS}/Read`, readStream(stream, start, backwards, 1))).map((answer) =>
        fields(answer as Buffer),
      );
    expect(await read(START, false)).toEqual([[1], [1], [1], [6]]);
    expect(await read(END, true)).toEqual([[1], [1], [1], [6]]);
    await bench.client.setStreamMetadata(stream, { truncateBefore: 3 });
    expect(await read(START, false)).toEqual([[5], [6]]);
    expect(await read(END, true)).toEqual([[6]]);
  });

  it('the log forwards from its end, and backwards from its start', async () => {
    const all = (start: number, backwards: number): Buffer =>
      wrap(allOptions(message().empty(start)).varint(3, backwards).varint(5, 10).empty(8).message(9, textIds()));
    expect(await raw.serverStream(`${STREAMS}/Read`, all(3, 0))).toEqual([]);
    expect(await raw.serverStream(`${STREAMS}/Read`, all(2, 1))).toEqual([]);
  });

  it('event ids as two numbers', async () => {
    const stream = aStream();
    const [event] = events(1);
    await bench.client.appendToStream(stream, event!);
    const request = wrap(streamOptions(stream).varint(5, 1).empty(8).message(9, message().empty(1)));
    const [answer] = await raw.serverStream(`${STREAMS}/Read`, request);
    let id: string | undefined;
    new ProtobufReader(answer as Buffer).each({
      1: (r) => r.message().each({ 1: (e) => e.message().each({ 1: (i) => (id = readUuid(i.message())) }) }),
    });
    expect(id).toBe(event!.id);
  });

  it('a count of 0', async () => {
    const request = wrap(allOptions().varint(5, 0).empty(8).message(9, textIds()));
    expect(await raw.serverStream(`${STREAMS}/Read`, request)).toEqual([]);
  });
});

describe('what this node is', () => {
  it('is told by the methods it supports', async () => {
    const answer = await raw.unary(
      '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
      Buffer.alloc(0),
    );
    const methods: string[] = [];
    let version = '';
    new ProtobufReader(answer as Buffer).each({
      1: (r) => r.message().each({ 1: (m) => methods.push(m.string()) }),
      2: (r) => (version = r.string()),
    });
    expect(version).toMatch(/^26\./);
    expect(methods).toEqual(expect.arrayContaining(['batchappend', 'appendsession', 'appendrecords', 'read']));
  });

  it('is told by gossip: a cluster of one leader', async () => {
    const answer = await raw.unary('/event_store.client.gossip.Gossip/Read', Buffer.alloc(0));
    let port = 0;
    new ProtobufReader(answer as Buffer).each({
      1: (r) => r.message().each({ 5: (e) => e.message().each({ 2: (p) => (port = p.uint32()) }) }),
    });
    expect(port).toBe(bench.node.port);
  });

  it.each([
    '/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create',
    '/event_store.client.projections.Projections/Create',
    '/event_store.client.users.Users/Create',
    '/event_store.client.operations.Operations/StartScavenge',
  ])('does not have %s', async (path) => {
    expect(await raw.unary(path, Buffer.alloc(0))).toBe(status.UNIMPLEMENTED);
  });
});

it('still serves after all that', async () => {
  expect((await collect(bench.client.readAll())).length).toBeGreaterThan(0);
});
