import { jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawRead } from './event-store-wire.js';
import { LiveLog } from './live-log.js';

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

  const join = (after: bigint, ...categories: string[]) => log.join(after, categories, inWords, () => false);

  /** A reader who takes whatever comes, in words. */
  async function following(after: bigint, ...categories: string[]) {
    const answers = join(after, ...categories)!;
    const told: string[] = [];
    const taking = async () => {
      for (let batch = await answers.next(0); batch; batch = await answers.next(0)) told.push(...batch);
      told.push('end');
    };
    taking().catch((error: unknown) => told.push((error as Error).message));
    await settled();
    return { told, leave: () => answers.cancel() };
  }

  /** Whoever has something to do has done it. */
  async function settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await nextTurn();
  }

  it('is read once for all, and gives each reader what is of its categories, in order', async () => {
    const tills = await following(10n, 'till', 'drawer');
    const drawers = await following(10n, 'drawer');
    const [one] = subscriptions;
    expect(subscriptions).toHaveLength(1);
    one!.say(20n, 'till-1');
    one!.say(30n, 'drawer-1');
    one!.say(40n, 'till-2');
    await settled();
    expect(tills.told).toEqual(['till-1@20', 'drawer-1@30', 'till-2@40']);
    expect(drawers.told).toEqual(['drawer-1@30']);
  });

  it('gives a reader who comes later, from where it is, what came before, and nothing twice', async () => {
    await following(10n, 'till');
    for (const position of [20n, 30n, 40n]) subscriptions[0]!.say(position, `till-${position}`);
    const later = await following(20n, 'till');
    subscriptions[0]!.say(50n, 'till-50');
    await settled();
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
    await settled();
    expect(tills.told).toEqual(['till-1@20', 'till-2@30', 'till-3@40']);
    expect(drawers.told).toEqual(['drawer-1@25']);
  });

  it('takes nothing from a reader that has just come when one of other categories comes in the same moment', async () => {
    await following(10n, 'till');
    for (const position of [20n, 30n]) subscriptions[0]!.say(position, `till-${position}`);
    const [late, other] = [following(10n, 'till'), following(30n, 'drawer')];
    const { told } = await late;
    await other;
    subscriptions[1]!.say(40n, 'till-40');
    await settled();
    expect(told).toEqual(['till-20@20', 'till-30@30', 'till-40@40']);
  });

  it('sends away who is further behind than what it keeps', async () => {
    const first = await following(0n, 'till');
    await sayMany(5_000n);
    expect(first.told).toHaveLength(5_000);
    expect(join(1_000n, 'till')).toBeUndefined();
    const [near] = (await following(4_990n, 'till')).told;
    expect(near).toBe('till-1@4991');
  });

  it('lets go who cannot keep up, and the others go on', async () => {
    const { told, leave } = await following(0n, 'till');
    const slow = join(0n, 'till')!;
    await sayMany(10_000n);
    const all: string[] = [];
    for (let batch = await slow.next(0); batch; batch = await slow.next(0)) all.push(...batch);
    expect(all.length).toBeGreaterThan(4_000);
    expect(all.length).toBeLessThan(10_000);
    expect(all).toEqual(told.slice(0, all.length));
    expect(told).toHaveLength(10_000);
    leave();
    expect(subscriptions[0]!.isCancelled).toBe(true);
  });

  it('tells a reader now and then how far it was read when nothing is for that one', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask'] });
    await following(0n, 'till');
    const { told } = await following(0n, 'drawer');
    for (const position of [10n, 20n, 30n]) subscriptions[1]!.say(position, 'till-1');
    await settled();
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1_000);
    await settled();
    expect(told).toEqual(['passed@30']);
    subscriptions[1]!.say(40n, 'till-1');
    subscriptions[1]!.say(50n, 'drawer-1');
    jest.advanceTimersByTime(1_000);
    await settled();
    expect(told).toEqual(['passed@30', 'drawer-1@50']);
  });

  it.each(['error', 'end'])('tells all of an %s, and begins anew with whoever comes then', async (how) => {
    const [one, other] = [await following(0n, 'till'), await following(0n, 'till')];
    subscriptions[0]!.emit(how, new Error('broken off'));
    await settled();
    for (const { told } of [one, other]) expect(told).toEqual([expect.stringMatching(/broken off|ended/)]);
    const again = await following(7n, 'till');
    subscriptions[1]!.say(8n, 'till-1');
    await settled();
    expect(again.told).toEqual(['till-1@8']);
  });

  it('of a store that cannot be asked is broken off for all who wait for it', async () => {
    log = new LiveLog(() => Promise.reject(new Error('away')));
    const [one, other] = [following(0n, 'till'), following(0n, 'till')];
    expect([(await one).told, (await other).told]).toEqual([['away'], ['away']]);
  });

  /** In pieces that a reader takes in its turn. */
  async function sayMany(last: bigint): Promise<void> {
    for (let position = 1n; position <= last; position++) {
      subscriptions[0]!.say(position, 'till-1');
      if (position % 500n === 0n) await settled();
    }
  }
});

function inWords({ event, passed }: RawRead): string {
  return event ? `${event.stream}@${event.position}` : `passed@${passed}`;
}
