import { given } from '#testing/event-sourcing';
import { AddOneTimeCharge } from './add-one-time-charge.js';
import { ChangePlan } from './change-plan.js';
import { RecordUsage } from './record-usage.js';
import { StartSubscription } from './start-subscription.js';
import { StopSubscription } from './stop-subscription.js';
import { type SubscriptionEvent } from './subscription-events.js';
import { subscription } from './subscription.js';

const catalogue = 'v1';
const home = { subscriptionId: 'home', plan: 'small', startsOn: '2026-01-20', taxArea: 'US-PA' };
const started: SubscriptionEvent = {
  type: 'SubscriptionStarted',
  data: { ...home, discounts: [], cycleDay: 15, catalogue, effectiveAt: '2026-01-20T00:00:00.000Z' },
};
const stopped: SubscriptionEvent = {
  type: 'SubscriptionStopped',
  data: { subscriptionId: 'home', on: '2026-03-01', reason: 'moved-away', effectiveAt: '2026-03-01T00:00:00.000Z' },
};

describe('StartSubscription', () => {
  it('starts a subscription under the version of the catalogue that offers it, effective on its first day', () => {
    given(subscription)
      .when(StartSubscription, { ...home, cycleDay: 15, catalogue })
      .then([started]);
  });

  it('spreads accounts that ask for no cycle day over the 28 days that every month has', () => {
    const days = Array.from({ length: 2_800 }, (_, index) => {
      const id = `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
      const [event] = given(subscription)
        .when(StartSubscription, { ...home, catalogue }, { id })
        .events();
      return event?.type === 'SubscriptionStarted' ? event.data.cycleDay : 0;
    });
    const counts = Array.from({ length: 28 }, (_, index) => days.filter((day) => day === index + 1).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2_800);
    // A hundred each is expected; so far off would be a chance of one in a million for one of the days.
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  });

  it('bills all subscriptions of an account on the same day', () => {
    const second = { ...home, subscriptionId: 'mobile', catalogue };
    const [event] = given(subscription, [started]).when(StartSubscription, second).events();
    expect(event?.data).toMatchObject({ subscriptionId: 'mobile', cycleDay: 15 });
    given(subscription, [started])
      .when(StartSubscription, { ...second, cycleDay: 3 })
      .thenRejected('CYCLE_DAY_DIFFERS', 'cycleDay');
  });

  it('refuses an id that is taken', () => {
    given(subscription, [started])
      .when(StartSubscription, { ...home, catalogue })
      .thenRejected('SUBSCRIPTION_EXISTS', 'subscriptionId');
  });
});

describe('ChangePlan', () => {
  it('moves a subscription to another plan from a day on', () => {
    const state = given(subscription, [started])
      .when(ChangePlan, { subscriptionId: 'home', plan: 'large', on: '2026-02-01', catalogue })
      .state();
    expect(state.subscriptions.get('home')?.plans).toEqual([
      { from: '2026-01-20', plan: 'small' },
      { from: '2026-02-01', plan: 'large' },
    ]);
  });

  it('refuses a day on which the subscription does not run, and the plan that it is on', () => {
    const change = { subscriptionId: 'home', plan: 'large', on: '2026-01-19', catalogue };
    given(subscription, [started]).when(ChangePlan, change).thenRejected('SUBSCRIPTION_NOT_RUNNING', 'on');
    given(subscription, [started, stopped])
      .when(ChangePlan, { ...change, on: '2026-03-01' })
      .thenRejected('SUBSCRIPTION_NOT_RUNNING', 'on');
    given(subscription, [started])
      .when(ChangePlan, { ...change, plan: 'small', on: '2026-02-01' })
      .thenRejected('PLAN_UNCHANGED', 'plan');
    given(subscription).when(ChangePlan, change).thenRejected('SUBSCRIPTION_UNKNOWN', 'subscriptionId');
  });
});

describe('StopSubscription', () => {
  it('stops once, on its first day at the earliest', () => {
    const stop = { subscriptionId: 'home', on: '2026-03-01', reason: 'moved-away' };
    given(subscription, [started]).when(StopSubscription, stop).then([stopped]);
    given(subscription, [started, stopped])
      .when(StopSubscription, stop)
      .thenRejected('SUBSCRIPTION_STOPPED', 'subscriptionId');
    given(subscription, [started])
      .when(StopSubscription, { ...stop, on: '2026-01-19' })
      .thenRejected('STOPS_BEFORE_START', 'on');
  });
});

describe('AddOneTimeCharge and RecordUsage', () => {
  it('add what a subscription is charged for besides', () => {
    const charge = { subscriptionId: 'home', charge: 'visit', on: '2026-01-21', catalogue };
    const state = given(subscription, [started]).when(AddOneTimeCharge, charge).state();
    expect([...state.oneTime.values()]).toMatchObject([{ charge: 'visit', quantity: '1' }]);
    const usage = { usageId: 'u', subscriptionId: 'home', meter: 'data', quantity: '0.5', usedOn: '2026-01-20' };
    const used = given(subscription, [started]).when(RecordUsage, usage).state();
    expect([...used.usage.values()]).toMatchObject([{ meter: 'data', cycle: '2026-01-15', units: 50_000_000n }]);
  });

  it('refuse nothing at all, and usage of a day on which nothing runs', () => {
    const usage = { usageId: 'u', subscriptionId: 'home', meter: 'data', quantity: '0.0', usedOn: '2026-01-20' };
    given(subscription, [started]).when(RecordUsage, usage).thenRejected('QUANTITY_NOT_POSITIVE', 'quantity');
    given(subscription, [started])
      .when(RecordUsage, { ...usage, quantity: '1', usedOn: '2026-01-19' })
      .thenRejected('SUBSCRIPTION_NOT_RUNNING', 'usedOn');
    given(subscription, [started])
      .when(AddOneTimeCharge, { subscriptionId: 'home', charge: 'visit', quantity: '0', on: '2026-01-21', catalogue })
      .thenRejected('QUANTITY_NOT_POSITIVE', 'quantity');
  });
});
