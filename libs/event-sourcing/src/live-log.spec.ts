import { jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Answers } from './event-store-answers.js';
import { type RawRead } from './event-store-wire.js';
import { LiveLog, type LiveReader } from './live-log.js';

class Subscription extends EventEmitter {
  isCancelled = false;

  constructor(
    readonly after: bigint,
    readonly categories: readonly string[],
  ) {
    super();
  }

  /** `till-1` is an event of that stream; a number says how far the log was read. */
  say(position: bigint, stream?: string): void {
    const event = stream && { ...NO_EVENT, stream, position };
    this.emit('data', event ? { event } : { passed: position });
  }

  cancel(): void {
    this.isCancelled = true;
    this.emit('error', new Error('cancelled'));
  }

  readonly pause = () => undefined;
  readonly resume = () => undefined;
}

const NO_EVENT = {
  id: '',
  revision: 0n,
  type: '',
  isJson: true,
  data: Buffer.alloc(0),
  metadata: Buffer.alloc(0),
};

describe('The live log', () => {
  const subscriptions: Subscription[] = [];
  let log: LiveLog;

  beforeEach(() => {
    subscriptions.length = 0;
    log = new LiveLog((after, categories) => {
      const subscription = new Subscription(after, categories);
      subscriptions.push(subscription);
      return Promise.resolve(subscription);
    });
  });
  afterEach(() => jest.useRealTimers());

  /** What a reader is given, in words, as it comes. */
  async function following(after: bigint, ...categories: string[]) {
    const reader = log.join(after, categories, inWords);
    const told: string[] = [];
    reader?.on('data', (word: string) => told.push(word));
    reader?.on('error', (error: Error) => told.push(error.message));
    reader?.on('end', () => told.push('end'));
    await nextTurn();
    return { reader: reader as LiveReader<string>, told };
  }

  it('is read once for all, and gives each reader what is of its categories, in order', async () => {
    const tills = await following(10n, 'till', 'drawer');
    const drawers = await following(10n, 'drawer');
    const [one] = subscriptions;
    expect(subscriptions).toHaveLength(1);
    one!.say(20n, 'till-1');
    one!.say(30n, 'drawer-1');
    one!.say(40n, 'till-2');
    expect(tills.told).toEqual(['till-1@20', 'drawer-1@30', 'till-2@40']);
    expect(drawers.told).toEqual(['drawer-1@30']);
  });

  it('gives a reader who comes later, from where it is, what came before, and nothing twice', async () => {
    await following(10n, 'till');
    const [one] = subscriptions;
    for (const position of [20n, 30n, 40n]) one!.say(position, `till-${position}`);
    const later = await following(20n, 'till');
    one!.say(50n, 'till-50');
    expect(later.told).toEqual(['till-30@30', 'till-40@40', 'till-50@50']);
  });

  it('is read anew from where a reader of other categories is, and those who were there get nothing twice', async () => {
    const tills = await following(10n, 'till');
    subscriptions[0]!.say(20n, 'till-1');
    subscriptions[0]!.say(30n, 'till-2');
    const drawers = await following(15n, 'drawer');
    const [old, wide] = subscriptions;
    expect(old!.isCancelled).toBe(true);
    expect(wide).toMatchObject({ after: 15n, categories: ['till', 'drawer'] });
    old!.say(35n, 'till-late');
    wide!.say(20n, 'till-1');
    wide!.say(25n, 'drawer-1');
    wide!.say(30n, 'till-2');
    wide!.say(40n, 'till-3');
    expect(tills.told).toEqual(['till-1@20', 'till-2@30', 'till-3@40']);
    expect(drawers.told).toEqual(['drawer-1@25']);
  });

  it('sends away who is further behind than what it keeps', async () => {
    const first = await following(0n, 'till');
    for (let position = 1n; position <= 5_000n; position++) subscriptions[0]!.say(position, 'till-1');
    expect(first.told).toHaveLength(5_000);
    expect(log.join(1_000n, ['till'], inWords)).toBeUndefined();
    const [near] = (await following(4_990n, 'till')).told;
    expect(near).toBe('till-1@4991');
  });

  it('lets go who cannot keep up, and the others go on', async () => {
    const { reader, told } = await following(0n, 'till');
    const slow = new Answers<string>(log.join(0n, ['till'], inWords)!);
    for (let position = 1n; position <= 10_000n; position++) subscriptions[0]!.say(position, 'till-1');
    const all: string[] = [];
    for (let batch = await slow.next(0); batch; batch = await slow.next(0)) all.push(...batch);
    expect(all.length).toBeGreaterThan(4_000);
    expect(all.length).toBeLessThan(10_000);
    expect(all).toEqual(told.slice(0, all.length));
    expect(told).toHaveLength(10_000);
    reader.cancel();
    expect(subscriptions[0]!.isCancelled).toBe(true);
  });

  it('tells a reader now and then how far it was read when nothing is for that one', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask'] });
    await following(0n, 'till');
    const { told } = await following(0n, 'drawer');
    for (const position of [10n, 20n, 30n]) subscriptions[1]!.say(position, 'till-1');
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['passed@30']);
    subscriptions[1]!.say(40n, 'till-1');
    subscriptions[1]!.say(50n, 'drawer-1');
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['passed@30', 'drawer-1@50']);
  });

  it.each(['error', 'end'])('tells all of an %s, and begins anew with whoever comes then', async (how) => {
    const [one, other] = [await following(0n, 'till'), await following(0n, 'till')];
    subscriptions[0]!.emit(how, new Error('broken off'));
    for (const { told } of [one, other]) expect(told).toEqual([expect.stringMatching(/broken off|ended/)]);
    const again = await following(7n, 'till');
    subscriptions[1]!.say(8n, 'till-1');
    expect(again.told).toEqual(['till-1@8']);
  });

  it('of a store that cannot be asked is broken off', async () => {
    log = new LiveLog(() => Promise.reject(new Error('away')));
    expect((await following(0n, 'till')).told).toEqual(['away']);
  });
});

function inWords({ event, passed }: RawRead): string {
  return event ? `${event.stream}@${event.position}` : `passed@${passed}`;
}
