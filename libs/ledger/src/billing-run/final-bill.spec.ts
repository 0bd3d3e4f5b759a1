import { type Rejected } from '#libs/event-sourcing';
import { fold, given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountOpened } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { IssueBill } from '../billing/issue-bill.js';
import { type SubscriptionEvent } from '../subscriptions/subscription-events.js';
import { subscription } from '../subscriptions/subscription.js';
import { exampleCatalogue, started, stopped, used } from './billing-examples.js';
import { requireFinalBill } from './final-bill.js';
import { type KnownSubscriptions, nextBill } from './next-bill.js';

const version = exampleCatalogue();
const catalogue = { versions: [version] };

function knownOf(events: readonly SubscriptionEvent[], through = -1): KnownSubscriptions {
  const then = fold(subscription, events.slice(0, through + 1));
  return { now: fold(subscription, events), then, revision: events.length - 1 };
}

/** Ends an account on a day that was billed on others, each time from all that was known. @returns the refusal's code */
function ending(
  known: readonly SubscriptionEvent[],
  billed: readonly [string, number][],
  today: string,
  forgone = false,
) {
  let events: AccountEvent[] = [accountOpened()];
  for (const [issuedOn, count] of billed) {
    const state = fold(account, events);
    const bill = nextBill(state, knownOf(known.slice(0, count), state.billed?.through), { issuedOn }, version);
    events = [...events, ...given(account, events).when(IssueBill, bill).events()];
  }
  const state = fold(account, events);
  try {
    requireFinalBill(state, knownOf(known, state.billed?.through), catalogue, { today, forgone });
    return undefined;
  } catch (error) {
    return (error as Rejected).code;
  }
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

  it('waits until days that were charged in advance are given back', () => {
    const line = [started('2026-01-15', { plan: 'line', taxArea: 'US-NY-NYC' }), stopped('2026-02-20')];
    const billed: [string, number][] = [
      ['2026-01-15', 1],
      ['2026-02-15', 1],
    ];
    expect(ending(line, billed, '2026-02-20')).toBe('CHARGES_NOT_BILLED');
    expect(ending(line, billed, '2026-02-20', true)).toBeUndefined();
  });
});
