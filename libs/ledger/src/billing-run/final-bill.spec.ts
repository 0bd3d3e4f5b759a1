import { type Rejected } from '#libs/event-sourcing';
import { fold, given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountOpened } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { CorrectBill } from '../billing/correct-bill.js';
import { IssueBill } from '../billing/issue-bill.js';
import { ReverseBill } from '../billing/reverse-bill.js';
import { type SubscriptionEvent } from '../subscriptions/subscription-events.js';
import { subscription } from '../subscriptions/subscription.js';
import { exampleCatalogue, planChanged, started, stopped, used } from './billing-examples.js';
import { requireFinalBill } from './final-bill.js';
import { correctedBill, type KnownSubscriptions, nextBill } from './next-bill.js';

const version = exampleCatalogue();
const catalogue = { versions: [version] };

function knownOf(events: readonly SubscriptionEvent[], through = -1): KnownSubscriptions {
  const then = fold(subscription, events.slice(0, through + 1));
  return { now: fold(subscription, events), then, revision: events.length - 1 };
}

/** An account that was billed on days, each time from all that was known. */
function billedOn(known: readonly SubscriptionEvent[], days: readonly [string, number][]): AccountEvent[] {
  return days.reduce<AccountEvent[]>(
    (events, [issuedOn, count]) => {
      const state = fold(account, events);
      const bill = nextBill(state, knownOf(known.slice(0, count), state.billed?.through), { issuedOn }, version);
      return [...events, ...given(account, events).when(IssueBill, bill).events()];
    },
    [accountOpened()],
  );
}

/** Ends an account on a day. @returns the refusal */
function closing(
  events: readonly AccountEvent[],
  known: readonly SubscriptionEvent[],
  { today, forgone = false }: { today: string; forgone?: boolean },
): Rejected | undefined {
  const state = fold(account, events);
  try {
    requireFinalBill(state, knownOf(known, state.billed?.through), catalogue, { today, forgone });
    return undefined;
  } catch (error) {
    return error as Rejected;
  }
}

/** Ends an account on a day that was billed on others. @returns the refusal's code */
function ending(
  known: readonly SubscriptionEvent[],
  billed: readonly [string, number][],
  today: string,
  forgone = false,
) {
  return closing(billedOn(known, billed), known, { today, forgone })?.code;
}

/** The latest bill computed again from all that is known. */
function corrected(events: readonly AccountEvent[], known: readonly SubscriptionEvent[], issuedOn: string) {
  const state = fold(account, events);
  const { billNumber, after } = state.billed!;
  const bill = correctedBill(state, billNumber, knownOf(known, after), issuedOn, version);
  return [
    ...events,
    ...given(account, events).when(CorrectBill, { billNumber, reason: 'recorded-late', bill }).events(),
  ];
}

function reversed(events: readonly AccountEvent[], billNumber: string): AccountEvent[] {
  return [...events, ...given(account, events).when(ReverseBill, { billNumber, reason: 'recorded-late' }).events()];
}

const RUNNING = [started('2026-01-15')];
const STOPPED = [...RUNNING, stopped('2026-03-01')];

describe('The end of an account with subscriptions', () => {
  it('waits until none of them runs, today or later', () => {
    expect(ending(RUNNING, [], '2026-03-01')).toBe('SUBSCRIPTION_RUNNING');
    expect(ending(RUNNING, [], '2026-03-01', true)).toBe('SUBSCRIPTION_RUNNING');
    expect(ending(STOPPED, [], '2026-02-28', true)).toBe('SUBSCRIPTION_RUNNING');
    expect(ending(STOPPED, [], '2026-03-01', true)).toBeUndefined();
    expect(ending([], [], '2026-03-01')).toBeUndefined();
  });

  it('waits for the bill of the last days, whenever that comes', () => {
    const [first, last] = [
      ['2026-02-15', 1],
      ['2026-03-15', 2],
    ] as [[string, number], [string, number]];
    expect(ending(STOPPED, [], '2026-03-01')).toBe('CHARGES_NOT_BILLED');
    expect(ending(STOPPED, [first], '2026-03-01')).toBe('CHARGES_NOT_BILLED');
    expect(ending(STOPPED, [first, last], '2026-03-15')).toBeUndefined();
    // Nothing of what never ran.
    expect(ending([started('2026-01-15'), stopped('2026-01-15')], [], '2026-01-15')).toBeUndefined();
  });

  it('waits for usage that was recorded after the last bill', () => {
    const late = [...STOPPED, used('2026-02-20', '12')];
    expect(
      ending(
        late,
        [
          ['2026-02-15', 1],
          ['2026-03-15', 2],
        ],
        '2026-03-20',
      ),
    ).toBe('CHARGES_NOT_BILLED');
    expect(
      ending(
        late,
        [
          ['2026-02-15', 1],
          ['2026-03-15', 3],
        ],
        '2026-03-20',
      ),
    ).toBeUndefined();
  });

  it('waits until days that were charged in advance are given back, which nobody but the customer can forgo', () => {
    const line = [started('2026-01-15', { plan: 'line', taxArea: 'US-NY-NYC' }), stopped('2026-02-20')];
    const billed: [string, number][] = [
      ['2026-01-15', 1],
      ['2026-02-15', 1],
    ];
    expect(ending(line, billed, '2026-02-20')).toBe('CHARGES_NOT_BILLED');
    expect(ending(line, billed, '2026-02-20', true)).toBe('CHARGES_NOT_BILLED');
    expect(ending(line, [...billed, ['2026-03-15', 2]], '2026-03-15')).toBeUndefined();
    // Of a bill that was taken back nothing is left to give back.
    const taken = reversed(billedOn(line, billed), '2026-02-15');
    expect(closing(taken, line, { today: '2026-02-20' })).toBeUndefined();
  });

  it('waits until a bill is corrected whose days were changed after it, which nobody but the customer can forgo', () => {
    const late = [...RUNNING, stopped('2026-02-01')];
    const billed = billedOn(late, [['2026-02-15', 1]]);
    const today = '2026-02-20';
    expect(closing(billed, late, { today })?.message).toContain('2026-02-15');
    for (const forgone of [false, true]) {
      expect(closing(billed, late, { today, forgone })?.code).toBe('CHARGES_NOT_BILLED');
    }
    expect(closing(corrected(billed, late, today), late, { today })).toBeUndefined();
    // Of one that never ran there is no other bill.
    const never = [...RUNNING, stopped('2026-01-15')];
    expect(closing(billed, never, { today })?.code).toBe('CHARGES_NOT_BILLED');
    expect(closing(reversed(billed, '2026-02-15'), never, { today })).toBeUndefined();
  });

  it('names the first of several bills to correct, and has each of them corrected or taken back', () => {
    const late = [...RUNNING, stopped('2026-02-01')];
    const billed = billedOn(late, [
      ['2026-02-15', 1],
      ['2026-03-15', 1],
    ]);
    const today = '2026-03-20';
    expect(closing(billed, late, { today })?.message).toContain('bill 2026-02-15 ');
    const lines = [{ service: 'internet', description: 'Small, to 2026-01-31', unitPrice: '20.40' }];
    const bill = { billNumber: 'F-1', issuedOn: today, dueOn: '2026-04-15', lines };
    const correction = { billNumber: '2026-02-15', reason: 'recorded-late', bill };
    const first = [...billed, ...given(account, billed).when(CorrectBill, correction).events()];
    expect(closing(first, late, { today })?.message).toContain('bill 2026-03-15 ');
    expect(closing(reversed(first, '2026-03-15'), late, { today })).toBeUndefined();
  });

  it('lets a correction be forgone that would charge more, whatever else started late', () => {
    const today = '2026-02-20';
    const upgraded = [...RUNNING, planChanged('2026-02-01', 'large'), stopped('2026-02-15')];
    const billed = billedOn(upgraded, [['2026-02-15', 1]]);
    expect(closing(billed, upgraded, { today })?.code).toBe('CHARGES_NOT_BILLED');
    expect(closing(billed, upgraded, { today, forgone: true })).toBeUndefined();
    const other = started('2026-01-15', { subscriptionId: 'second', plan: 'large' });
    const ended = { ...stopped('2026-02-15'), data: { ...stopped('2026-02-15').data, subscriptionId: 'second' } };
    const both = [...RUNNING, stopped('2026-02-01'), other, ended];
    expect(closing(billed, both, { today, forgone: true })?.code).toBe('CHARGES_NOT_BILLED');
  });

  it('compares only days whose correction is due: those ahead are given back by the next bill', () => {
    const today = '2026-02-20';
    const changed = [
      started('2026-01-15', { plan: 'line' }),
      planChanged('2026-02-01', 'family'),
      stopped('2026-02-15'),
    ];
    const billed = billedOn(changed, [
      ['2026-01-15', 1],
      ['2026-02-15', 1],
    ]);
    expect(closing(billed, changed, { today })?.message).toContain('bill 2026-01-15 ');
    expect(closing(billed, changed, { today, forgone: true })?.message).toContain('give back');
  });
});
