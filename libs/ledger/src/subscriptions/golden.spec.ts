import { fold, goldenEvents } from '#testing/event-sourcing';
import { subscription } from './subscription.js';
import { subscriptionEvents } from './subscription-events.js';

describe('Events of subscriptions stored by earlier builds', () => {
  const read = goldenEvents(subscriptionEvents, import.meta.url);

  it('fold to the subscription they have always come to', () => {
    const story = [
      'SubscriptionStarted',
      'OneTimeChargeAdded',
      'UsageRecorded',
      'PlanChanged',
      'SubscriptionStopped',
    ] as const;
    const state = fold(subscription, story.map(read));
    expect(state.cycleDay).toBe(15);
    expect(state.subscriptions.get('home')).toEqual({
      subscriptionId: 'home',
      taxArea: 'US-PA',
      discounts: ['welcome'],
      plans: [
        { from: '2026-01-20', plan: 'mobile-10' },
        { from: '2026-02-01', plan: 'fibre-300' },
      ],
      stopsOn: '2026-03-01',
    });
    expect([...state.oneTime.values()]).toMatchObject([{ charge: 'installation', on: '2026-01-20' }]);
    expect([...state.usage.values()]).toMatchObject([
      { meter: 'data', plan: 'mobile-10', cycle: '2026-01-15', units: 125_000_000n },
    ]);
  });
});
