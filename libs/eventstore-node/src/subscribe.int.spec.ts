import {
  BACKWARDS,
  END,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  START,
  StreamDeletedError,
  streamNameFilter,
  type AllStreamSubscription,
  type Position,
  type ResolvedEvent,
} from '@kurrent/kurrentdb-client';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { aStream, collect, events, numbers, revisions, startBench, take, type TestBench } from '../testing/client.js';

let bench: TestBench;
beforeAll(async () => (bench = await startBench()));
afterAll(() => bench.close());

const append = (stream: string, count: number, type?: string) =>
  bench.client.appendToStream(stream, events(count, type));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

/** Memory that is still referred to: garbage is collected first. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

describe('a subscription to a stream', () => {
  it('gives what there is, says that it caught up, then gives what comes', async () => {
    const stream = aStream();
    await append(stream, 3);
    const subscription = bench.client.subscribeToStream(stream);
    const signals: string[] = [];
    subscription.on('confirmation', () => signals.push('confirmation'));
    subscription.on('caughtUp', ({ revision, date }: { revision?: bigint; date?: Date }) => {
      signals.push(`caught up at ${revision}`);
      expect(date!.getTime()).toBeLessThanOrEqual(Date.now());
      void append(stream, 2);
    });
    const got = await take(subscription, 5);
    expect(revisions(got)).toEqual([0, 1, 2, 3, 4]);
    expect(signals).toEqual(['confirmation', 'caught up at 2']);
    expect(got[4]!.event!.created.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('begins after the revision it is given', async () => {
    const stream = aStream();
    await append(stream, 4);
    expect(revisions(await take(bench.client.subscribeToStream(stream, { fromRevision: 1n }), 2))).toEqual([2, 3]);
  });

  it('begins at the end when it is told so', async () => {
    const stream = aStream();
    await append(stream, 4);
    const subscription = bench.client.subscribeToStream(stream, { fromRevision: END });
    subscription.once('caughtUp', () => void append(stream, 2));
    expect(revisions(await take(subscription, 2))).toEqual([4, 5]);
  });

  it('skips up to a revision that is yet to come', async () => {
    const stream = aStream();
    await append(stream, 1);
    const subscription = bench.client.subscribeToStream(stream, { fromRevision: 2n });
    subscription.once('caughtUp', () => void append(stream, 5));
    expect(revisions(await take(subscription, 2))).toEqual([3, 4]);
  });

  it('waits for a stream that does not exist yet', async () => {
    const stream = aStream();
    const subscription = bench.client.subscribeToStream(stream);
    subscription.once('caughtUp', () => void append(stream, 1));
    expect(revisions(await take(subscription, 1))).toEqual([0]);
  });

  it('honours the metadata of the stream and goes on when the stream is deleted and written again', async () => {
    const stream = aStream();
    await append(stream, 5);
    await bench.client.setStreamMetadata(stream, { truncateBefore: 3 });
    const subscription = bench.client.subscribeToStream(stream);
    subscription.once('caughtUp', () => {
      void bench.client.deleteStream(stream).then(() => append(stream, 1));
    });
    expect(revisions(await take(subscription, 3))).toEqual([3, 4, 5]);
  });

  it('ends with an error when the stream is tombstoned', async () => {
    const stream = aStream();
    await append(stream, 1);
    const subscription = bench.client.subscribeToStream(stream);
    subscription.once('caughtUp', () => void bench.client.tombstoneStream(stream));
    const types: string[] = [];
    const reading = (async () => {
      for await (const { event } of subscription) types.push(event!.type);
    })();
    await expect(reading).rejects.toBeInstanceOf(StreamDeletedError);
    expect(types).toEqual(['Numbered', '$streamDeleted']);
    await expect(collect(bench.client.subscribeToStream(stream))).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('follows links', async () => {
    const [source, links] = [aStream(), aStream('links')];
    await append(source, 1);
    await bench.client.appendToStream(links, jsonEvent({ type: '$>', data: 'not a link' as never }));
    await bench.client.appendToStream(links, {
      ...jsonEvent({ type: '$>', data: {} }),
      contentType: 'application/octet-stream',
      data: Buffer.from(`0@${source}`),
    } as never);
    const [broken, link] = await take(bench.client.subscribeToStream(links, { resolveLinkTos: true }), 2);
    expect(broken!.event).toBeUndefined();
    expect(link!.event!.streamId).toBe(source);
    expect(link!.link!.streamId).toBe(links);
  });
});

describe('a subscription to the log', () => {
  const own = (stream: string) => streamNameFilter({ prefixes: [stream] });

  it('gives events of the system too when it has no filter', async () => {
    const [first] = await take(bench.client.subscribeToAll(), 1);
    expect(first!.event!.type).toBe('$metadata');
  });

  it('begins after the position it is given, without gap or duplicate', async () => {
    const stream = aStream();
    const { position } = await append(stream, 2);
    const rest = append(stream, 3);
    const got = await take(bench.client.subscribeToAll({ fromPosition: position, filter: own(stream) }), 3);
    expect(revisions(got)).toEqual([2, 3, 4]);
    await rest;
  });

  it('begins at the end when it is told so', async () => {
    const subscription = bench.client.subscribeToAll({ fromPosition: END });
    const stream = aStream();
    subscription.once('caughtUp', () => void append(stream, 3));
    expect((await take(subscription, 3)).map(({ event }) => event!.streamId)).toEqual([stream, stream, stream]);
  });

  it.each([
    ['stream names', (name: string) => streamNameFilter({ prefixes: [name] }), 'wanted', 'ignored'],
    ['stream names by expression', (name: string) => streamNameFilter({ regex: `^${name}` }), 'wanted', 'ignored'],
    ['types', (name: string) => eventTypeFilter({ prefixes: [name] }), 'wanted', 'ignored'],
    ['types by expression', (name: string) => eventTypeFilter({ regex: `^${name}$` }), 'wanted', 'ignored'],
  ])('is filtered by %s', async (_name, filter, wanted, ignored) => {
    const tag = aStream('filter');
    await append(`${tag}-${wanted}`, 2, `${tag}-${wanted}`);
    await append(`${tag}-${ignored}`, 2, `${tag}-${ignored}`);
    const subscription = bench.client.subscribeToAll({ filter: filter(`${tag}-${wanted}`) });
    subscription.once('caughtUp', () => {
      void append(`${tag}-${ignored}`, 1, `${tag}-${ignored}`).then(() =>
        append(`${tag}-${wanted}`, 2, `${tag}-${wanted}`),
      );
    });
    const got = await take(subscription, 4);
    expect(numbers(got)).toEqual([0, 1, 0, 1]);
    expect(got.every(({ event }) => event!.streamId === `${tag}-${wanted}`)).toBe(true);
  });

  it('catches up although nothing passes its filter', async () => {
    const subscription = bench.client.subscribeToAll({ filter: own('no-such-stream') });
    subscription.on('data', () => undefined);
    const [{ position }] = (await once(subscription, 'caughtUp')) as [{ position: Position }];
    expect(position.commit).toBeGreaterThan(0n);
    await subscription.unsubscribe();
  });

  it('reports a checkpoint per interval of events looked at, and one when it caught up', async () => {
    const stream = aStream();
    const { position } = await append(stream, 1);
    await append(stream, 8);
    const checkpoints: bigint[] = [];
    const checkpointReached = (_: AllStreamSubscription, at: Position): Promise<void> => {
      checkpoints.push(at.commit);
      return Promise.resolve();
    };
    const subscription = bench.client.subscribeToAll({
      fromPosition: position,
      filter: excludeSystemEvents({ checkpointInterval: 2, checkpointReached }),
    });
    subscription.once('caughtUp', () => {
      void (async () => {
        for (let n = 0; n < 18; n++) await append(stream, 20);
        await append(stream, 16);
      })();
    });
    const got = await take(subscription, 384);
    expect(checkpoints.length).toBeGreaterThanOrEqual(6);
    expect(checkpoints.length).toBeLessThanOrEqual(7);
    expect(checkpoints).toEqual([...new Set(checkpoints)].sort((a, b) => Number(a - b)));
    expect(checkpoints[0]).toBe(got[7]!.event!.position.commit);
  });

  it('reports checkpoints past events it leaves out, from which one can go on', async () => {
    const ignored = aStream('ignored');
    const reached = new Promise<Position>((resolve, reject) => {
      const subscription = bench.client.subscribeToAll({
        fromPosition: END,
        filter: streamNameFilter({
          prefixes: ['no-such-stream'],
          maxSearchWindow: 10,
          checkpointInterval: 1,
          checkpointReached: async (_, at) => {
            await subscription.unsubscribe();
            resolve(at);
          },
        }),
      });
      subscription.on('error', reject).on('data', () => undefined);
      subscription.once('caughtUp', () => void append(ignored, 15));
    });
    const checkpoint = await reached;
    const after = bench.client.subscribeToAll({ fromPosition: checkpoint, filter: own(ignored) });
    expect(revisions(await take(after, 5))).toEqual(range(10, 15));
  });

  it('says how far it has come whenever it reaches the end of the log, also over what it leaves out', async () => {
    const [wanted, ignored] = [aStream('wanted'), aStream('ignored')];
    const seen: string[] = [];
    const reached = new Promise<void>((resolve, reject) => {
      const subscription = bench.client.subscribeToAll({
        fromPosition: END,
        filter: streamNameFilter({
          prefixes: [wanted],
          checkpointInterval: 32,
          checkpointReached: async (_, { commit }) => {
            seen.push(`checkpoint ${commit}`);
            await subscription.unsubscribe();
            resolve();
          },
        }),
      });
      subscription.on('error', reject).on('data', ({ event }) => void seen.push(`event ${event?.revision}`));
      subscription.once('caughtUp', () => void append(wanted, 2).then(() => append(ignored, 1)));
    });
    await reached;
    const [end] = await collect(bench.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    expect(seen).toEqual(['event 0', 'event 1', `checkpoint ${end!.event!.position.commit}`]);
  });

  it('has no gap and no duplicate while many write', async () => {
    const stream = aStream('busy');
    const writing = Promise.all(
      range(0, 8).map(async (writer) => {
        for (let n = 0; n < 40; n++) await append(`${stream}-${writer}`, 1 + (n % 3));
      }),
    );
    const subscriptions = ([START, START, END] as const).map((fromPosition) =>
      bench.client.subscribeToAll({ fromPosition, filter: own(stream) }),
    );
    const total = 8 * 79;
    const [a, b] = await Promise.all([take(subscriptions[0]!, total), take(subscriptions[1]!, total)]);
    await writing;
    await subscriptions[2]!.unsubscribe();
    const stored = await collect(bench.client.readAll({ filter: own(stream) }));
    const ids = (resolved: ResolvedEvent[]): string[] => resolved.map(({ event }) => event!.id);
    expect(ids(a)).toEqual(ids(stored));
    expect(ids(b)).toEqual(ids(stored));
  });

  it('does not keep others waiting while it looks through events it leaves out', async () => {
    for (let n = 0; n < 10; n++) await append(aStream('skipped'), 1000);
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const subscription = bench.client.subscribeToAll({ filter: own('no-such-stream') });
    await once(subscription.resume(), 'caughtUp');
    clearInterval(counting);
    await subscription.unsubscribe();
    expect(turns).toBeGreaterThan(5);
  });

  it('holds nothing in memory for a subscriber that does not read', async () => {
    const stream = aStream('slow');
    const slow = bench.client.subscribeToAll({ fromPosition: END, filter: own(stream) }, { highWaterMark: 1 });
    await once(slow, 'confirmation').catch(() => undefined);
    slow.pause();
    const before = bytesInUse();
    for (let n = 0; n < 100; n++) {
      await bench.client.appendToStream(stream, [
        jsonEvent({ type: 'large', data: { filling: 'x'.repeat(200_000), number: n } }),
      ]);
    }
    // 20 MB were written; what waits for the subscriber, here and in its client, is a few pages. What requests have used a
    // moment ago may not be given back yet.
    while (bytesInUse() - before >= 10_000_000) await delay(20);
    expect(numbers(await take(slow, 100))).toEqual(range(0, 100));
  });

  it('is told that it fell behind, and again that it caught up', async () => {
    const stream = aStream('behind');
    const signals: string[] = [];
    const subscription = bench.client.subscribeToAll({ fromPosition: END, filter: own(stream) });
    subscription.on('caughtUp', () => signals.push('caughtUp'));
    subscription.on('fellBehind', () => signals.push('fellBehind'));
    subscription.once('caughtUp', () => void append(stream, 4000));
    subscription.resume();
    while (signals.length < 3) await once(subscription, signals.length === 1 ? 'fellBehind' : 'caughtUp');
    expect(signals).toEqual(['caughtUp', 'fellBehind', 'caughtUp']);
    await subscription.unsubscribe();
  });

  it('lets go of its subscribers when they leave', async () => {
    const many = range(0, 50).map(() => bench.client.subscribeToAll({ fromPosition: END }));
    await Promise.all(many.map((subscription) => once(subscription.resume(), 'caughtUp')));
    await Promise.all(many.map((subscription) => subscription.unsubscribe()));
    await append(aStream(), 1);
  });
});
