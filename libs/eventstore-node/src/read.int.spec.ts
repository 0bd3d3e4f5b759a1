import {
  BACKWARDS,
  binaryEvent,
  END,
  eventTypeFilter,
  jsonEvent,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type Position,
} from '@kurrent/kurrentdb-client';
import { aStream, collect, events, numbers, revisions, startBench, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('a stream', () => {
  const stream = 'read-stream';
  beforeAll(async () => {
    for (let n = 0; n < 10; n++) await bench.client.appendToStream(stream, events(100));
  });
  const read = (options: Parameters<typeof bench.client.readStream>[1]) =>
    collect(bench.client.readStream(stream, options)).then(revisions);

  it('is read forwards', async () => {
    expect(await read({})).toEqual(range(0, 1000));
    expect(await read({ fromRevision: START, maxCount: 3 })).toEqual([0, 1, 2]);
    expect(await read({ fromRevision: 990n })).toEqual(range(990, 1000));
    expect(await read({ fromRevision: 300n, maxCount: 300 })).toEqual(range(300, 600));
    expect(await read({ fromRevision: 1000n })).toEqual([]);
  });

  it('is read backwards', async () => {
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual(range(0, 1000).reverse());
    expect(await read({ direction: BACKWARDS, fromRevision: 2n })).toEqual([2, 1, 0]);
    expect(await read({ direction: BACKWARDS, fromRevision: 700n, maxCount: 300 })).toEqual(range(401, 701).reverse());
    expect(await read({ direction: BACKWARDS, fromRevision: END, maxCount: 1 })).toEqual([999]);
    expect(await read({ direction: BACKWARDS, fromRevision: 5000n, maxCount: 2 })).toEqual([999, 998]);
  });

  it('is not found when nobody wrote it', async () => {
    for (const direction of ['forwards', 'backwards'] as const) {
      const missing = collect(
        bench.client.readStream('nobody', { direction, fromRevision: direction === 'forwards' ? START : END }),
      );
      await expect(missing).rejects.toBeInstanceOf(StreamNotFoundError);
      await expect(missing).rejects.toMatchObject({ streamName: 'nobody' });
    }
  });

  it('is deleted when it was tombstoned', async () => {
    const dead = aStream();
    await bench.client.appendToStream(dead, events(1));
    await bench.client.tombstoneStream(dead);
    await expect(collect(bench.client.readStream(dead))).rejects.toBeInstanceOf(StreamDeletedError);
    const metadata = collect(bench.client.readStream(`$$${dead}`));
    await expect(metadata).rejects.toBeInstanceOf(StreamDeletedError);
  });
});

describe('$all', () => {
  let all: AllStreamResolvedEvent[];
  let positions: Position[];
  const commits = (read: AllStreamResolvedEvent[]): bigint[] => read.map(({ event }) => event!.position.commit);
  const readAll = (options: Parameters<typeof bench.client.readAll>[0]) =>
    collect(bench.client.readAll(options)).then(commits);

  beforeAll(async () => {
    await bench.client.appendToStream('log-a', events(3, 'log-type-a'));
    await bench.client.appendToStream('log-b', events(3, 'log-type-b'));
    all = await collect(bench.client.readAll());
    positions = all.map(({ event }) => event!.position);
  });

  it('has every event once, in the order of positions, with events of the system', () => {
    const sorted = [...commits(all)].sort((a, b) => Number(a - b));
    expect(commits(all)).toEqual(sorted);
    expect(new Set(sorted).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(1006);
    expect(all.some(({ event }) => event!.type === '$metadata')).toBe(true);
    expect(all.every(({ event, commitPosition }) => event!.position.commit === commitPosition)).toBe(true);
  });

  it('is read forwards from a position that is included', async () => {
    const from = positions.at(-3)!;
    expect(await readAll({ fromPosition: from })).toEqual(commits(all).slice(-3));
    expect(await readAll({ fromPosition: from, maxCount: 1 })).toEqual([from.commit]);
    expect(await readAll({ maxCount: 500 })).toEqual(commits(all).slice(0, 500));
    expect(await readAll({ fromPosition: { commit: 1_000_000_000_000n, prepare: 1_000_000_000_000n } })).toEqual([]);
  });

  it('is read backwards from a position that is excluded', async () => {
    const backwards = [...commits(all)].reverse();
    expect(await readAll({ direction: BACKWARDS, fromPosition: END })).toEqual(backwards);
    expect(await readAll({ direction: BACKWARDS, fromPosition: positions.at(-3), maxCount: 2 })).toEqual(
      backwards.slice(3, 5),
    );
    expect(await readAll({ direction: BACKWARDS, fromPosition: positions[0] })).toEqual([]);
  });

  it('has its end also while somebody writes', async () => {
    let writing = true;
    const written = (async () => {
      for (let n = 0; n < 200; n++) await bench.client.appendToStream('log-c', events(1));
      writing = false;
    })();
    let end = positions.at(-1)!.commit;
    while (writing) {
      const [last] = await readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
      expect(last).toBeGreaterThanOrEqual(end);
      end = last!;
    }
    await written;
  });

  it.each([
    ['stream prefixes', streamNameFilter({ prefixes: ['log-a', 'log-b'] }), 6],
    ['a stream expression', streamNameFilter({ regex: '^log-[a]$' }), 3],
    ['type prefixes', eventTypeFilter({ prefixes: ['log-type-b'] }), 3],
    ['a type expression', eventTypeFilter({ regex: '^[^$].*-type-' }), 6],
    ['nothing that matches', eventTypeFilter({ prefixes: ['no-such-type'] }), 0],
  ])('is filtered by %s', async (_name, filter, count) => {
    expect(await readAll({ filter })).toHaveLength(count);
    expect(await readAll({ filter, direction: BACKWARDS, fromPosition: END })).toHaveLength(count);
    expect(await readAll({ filter, maxCount: 2 })).toHaveLength(Math.min(2, count));
  });
});

describe('links', () => {
  const linkTo = (target: string) => binaryEvent({ type: '$>', data: Buffer.from(target) });

  it('are followed when the reader wants it', async () => {
    const [source, links] = [aStream(), aStream('links')];
    await bench.client.appendToStream(source, events(3));
    await bench.client.appendToStream(links, [linkTo(`2@${source}`), linkTo(`0@${source}`)]);
    const unresolved = await collect(bench.client.readStream(links));
    expect(unresolved.map(({ event, link }) => [event?.type, link])).toEqual([
      ['$>', undefined],
      ['$>', undefined],
    ]);
    const resolved = await collect(bench.client.readStream(links, { resolveLinkTos: true }));
    expect(numbers(resolved)).toEqual([2, 0]);
    expect(resolved.map(({ link }) => [link?.type, link?.streamId, link?.revision])).toEqual([
      ['$>', links, 0n],
      ['$>', links, 1n],
    ]);
  });

  it('stay without an event when it is gone or never was', async () => {
    const [truncated, dead, links] = [aStream(), aStream(), aStream('links')];
    await bench.client.appendToStream(truncated, events(2));
    await bench.client.setStreamMetadata(truncated, { truncateBefore: 1 });
    await bench.client.appendToStream(dead, events(1));
    await bench.client.tombstoneStream(dead);
    const targets = [`0@${truncated}`, `0@${dead}`, '0@nobody', '9@log-a', 'nonsense', '@', 'x@log-a'];
    await bench.client.appendToStream(links, targets.map(linkTo));
    const read = await collect(bench.client.readStream(links, { resolveLinkTos: true }));
    expect(read.map(({ event, link }) => [event, link?.type])).toEqual(targets.map(() => [undefined, '$>']));
  });
});

it('keeps a reader going who leaves early', async () => {
  for await (const { event } of bench.client.readAll()) {
    expect(event).toBeDefined();
    break;
  }
  await bench.client.appendToStream(aStream(), jsonEvent({ type: 'after', data: {} }));
});
