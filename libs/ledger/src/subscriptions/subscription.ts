import { type Decider } from '#libs/event-sourcing';
import { PersistentMap } from '../billing/persistent-map.js';
import { cycleStart } from '../billing-run/cycle.js';
import { refuse } from '../billing/rejections.js';
import { quantityOf } from '../catalogue/catalogue.js';
import { type SubscriptionEvent, subscriptionEvents } from './subscription-events.js';

/** A subscription of an account: what it is charged for on which days. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly taxArea: string;
  readonly discounts: readonly string[];
  /** The plans and since when each, the earliest first; the first since the start. */
  readonly plans: readonly { readonly from: string; readonly plan: string }[];
  /** The first day that is not charged. */
  readonly stopsOn?: string;
}

interface OneTime {
  readonly chargeId: string;
  readonly subscriptionId: string;
  readonly charge: string;
  readonly quantity: string;
  readonly on: string;
}

/** What was used of a meter under a plan in one cycle, in units of 10⁻⁸. */
export interface UsageTotal {
  readonly subscriptionId: string;
  readonly meter: string;
  readonly plan: string;
  /** The first day of the cycle. */
  readonly cycle: string;
  readonly units: bigint;
}

export interface SubscriptionState {
  /** 0 until there is a subscription. */
  readonly cycleDay: number;
  readonly subscriptions: PersistentMap<Subscription>;
  readonly oneTime: PersistentMap<OneTime>;
  readonly usage: PersistentMap<UsageTotal>;
}

export const noSubscriptions: SubscriptionState = {
  cycleDay: 0,
  subscriptions: PersistentMap.empty(),
  oneTime: PersistentMap.empty(),
  usage: PersistentMap.empty(),
};

/**
 * What an account subscribes to and has used, in a stream of its own beside the account's, `subscription-<account id>`: usage
 * comes in any number and must not make the stream of the money long (ADR 0029). What of it has been billed stands in the
 * account's stream.
 */
export const subscription: Decider<SubscriptionState, SubscriptionEvent> = {
  category: 'subscription',
  events: subscriptionEvents,
  initialState: noSubscriptions,
  evolve,
};

function evolve(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  switch (event.type) {
    case 'SubscriptionStarted': {
      const { subscriptionId, plan, startsOn, taxArea, discounts, cycleDay } = event.data;
      const started = { subscriptionId, taxArea, discounts, plans: [{ from: startsOn, plan }] };
      return { ...state, cycleDay, subscriptions: state.subscriptions.set(subscriptionId, started) };
    }
    case 'PlanChanged': {
      const { subscriptionId, plan, on } = event.data;
      const { plans, ...held } = heldSubscription(state, subscriptionId);
      // A change that is recorded after a later one does not undo that one.
      const changed = [...plans.filter(({ from }) => from !== on), { from: on, plan }].sort(byDay);
      return { ...state, subscriptions: state.subscriptions.set(subscriptionId, { ...held, plans: changed }) };
    }
    case 'SubscriptionStopped': {
      const { subscriptionId, on } = event.data;
      const held = heldSubscription(state, subscriptionId);
      return { ...state, subscriptions: state.subscriptions.set(subscriptionId, { ...held, stopsOn: on }) };
    }
    case 'OneTimeChargeAdded': {
      const { chargeId, subscriptionId, charge, quantity, on } = event.data;
      return { ...state, oneTime: state.oneTime.set(chargeId, { chargeId, subscriptionId, charge, quantity, on }) };
    }
    case 'UsageRecorded':
      return { ...state, usage: used(state, event.data) };
  }
}

function used(
  state: SubscriptionState,
  { subscriptionId, meter, quantity, usedOn }: Extract<SubscriptionEvent, { type: 'UsageRecorded' }>['data'],
): SubscriptionState['usage'] {
  // Under the plan that is known by now: a change of plan that is recorded later moves no usage.
  const plan = planOn(heldSubscription(state, subscriptionId), usedOn);
  const cycle = cycleStart(usedOn, state.cycleDay);
  const more = { subscriptionId, meter, plan, cycle, units: quantityOf(quantity) };
  return state.usage.set(keyOf(more), { ...more, units: usedSoFar(state, more) + more.units });
}

/** How much is known to have been used of the same meter under the same plan in the same cycle. */
export function usedSoFar({ usage }: SubscriptionState, total: UsageTotal): bigint {
  return usage.get(keyOf(total))?.units ?? 0n;
}

// Identifiers hold no line break, so that the parts cannot run into each other.
function keyOf({ subscriptionId, meter, plan, cycle }: UsageTotal): string {
  return [subscriptionId, meter, plan, cycle].join('\n');
}

/** The plan of a day; of a day before the start, the first. */
export function planOn({ plans }: Subscription, day: string): string {
  return (plans.findLast(({ from }) => from <= day) ?? plans[0]!).plan;
}

/** @throws Rejected SUBSCRIPTION_UNKNOWN */
export function requireSubscription(state: SubscriptionState, subscriptionId: string): Subscription {
  return (
    state.subscriptions.get(subscriptionId) ??
    refuse(
      'SUBSCRIPTION_UNKNOWN',
      'the account has no subscription with this id; look it up in its subscriptions',
      'subscriptionId',
    )
  );
}

/** Refuses a day on which the subscription does not run. */
export function requireRunning({ plans, stopsOn }: Subscription, day: string, field: string): void {
  if (day >= plans[0]!.from && (stopsOn === undefined || day < stopsOn)) return;
  refuse('SUBSCRIPTION_NOT_RUNNING', `the subscription does not run on that day; correct ${field}`, field);
}

function heldSubscription(state: SubscriptionState, subscriptionId: string): Subscription {
  const held = state.subscriptions.get(subscriptionId);
  if (!held) throw new Error(`history is broken: there is no subscription ${subscriptionId}`);
  return held;
}

function byDay(left: { readonly from: string }, right: { readonly from: string }): number {
  return left.from < right.from ? -1 : left.from > right.from ? 1 : 0;
}
