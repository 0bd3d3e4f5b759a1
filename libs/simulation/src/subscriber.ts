import { v5 as uuidv5 } from 'uuid';
import { addDays, monthsBefore } from '#libs/ledger';
import { daysBetween, latestOf } from './days.js';
import { diceFor } from './dice.js';
import { type Plan } from './plan.js';

/** Namespace of all ids of simulations. Never changes: a simulation that was killed finds by it what it had done. */
const NAMESPACE = '7e1f0a52-9c3d-5b84-a6e7-20d4c8b13f96';

/** The id of what the names say, in the simulation of a seed. */
export function idOf(seed: number, ...names: readonly (string | number)[]): string {
  return uuidv5(names.join('\n'), uuidv5(String(seed), NAMESPACE));
}

/** How somebody pays what is due, as far as the means allow. */
const HABITS = [
  ...(['punctual', 'punctual', 'punctual', 'punctual', 'late', 'late'] as const),
  ...(['partial', 'generous', 'bouncing', 'forgetful', 'insolvent', 'insolvent'] as const),
];
const WAYS = ['autopay', 'autopay', 'autopay', 'online', 'online', 'phone', 'mail-in', 'in-person'] as const;
const PLANS = ['fibre-300', 'fibre-1000', 'mobile-10', 'cable-family', 'phone-home'] as const;
export const TAX_AREAS = ['US-PA', 'US-PA-PHL', 'US-NY-NYC', 'US-CA-LA', 'US-OR'] as const;
const DISCOUNTS = [[], [], ['welcome'], ['loyalty']] as const;
/** Two cycles, so that a month has two billing runs. */
export const CYCLE_DAYS = [1, 15] as const;

/** What a customer has with another, whose number is one lower. */
export interface Tie {
  /**
   * They pay together for a time; or the account is merged into the other’s, or taken over with all there is of it; or the
   * other takes what is owed, and nothing else.
   */
  readonly kind: 'household' | 'merger' | 'transfer' | 'balance';
  readonly on: string;
}

/** One who subscribes, as drawn from the seed: nothing of it changes. */
export interface Subscriber {
  readonly index: number;
  readonly accountId: string;
  readonly reference: string;
  readonly habit: (typeof HABITS)[number];
  readonly way: (typeof WAYS)[number];
  readonly method: 'card' | 'bank-account';
  readonly plan: (typeof PLANS)[number];
  readonly taxArea: (typeof TAX_AREAS)[number];
  readonly discounts: readonly string[];
  readonly cycleDay: (typeof CYCLE_DAYS)[number];
  readonly opensOn: string;
  /** The day from which service is used elsewhere. */
  readonly movesOn: string | undefined;
  /** The first day without service. */
  readonly leavesOn: string | undefined;
  readonly tie: Tie | undefined;
}

/** So long before an account is merged or taken over its service ends: the last bill comes in between. */
const LAST_BILL_DAYS = 34;
/** So long two customers are one household. */
const HOUSEHOLD_DAYS = 120;

export function subscriberOf({ seed, months, from }: Omit<Plan, 'accounts'>, index: number): Subscriber {
  const dice = diceFor(seed, 'subscriber', index);
  const opensOn = addDays(from, dice.percent(75) ? 0 : dice.between(1, 60));
  const late = () => addDays(opensOn, dice.between(60, Math.max(61, months * 30 - 60)));
  const subscriber = {
    index,
    accountId: idOf(seed, 'account', index),
    reference: `SIM-${String(index).padStart(6, '0')}`,
    habit: dice.pick(HABITS),
    way: dice.pick(WAYS),
    method: dice.pick(['card', 'bank-account'] as const),
    plan: dice.pick(PLANS),
    taxArea: dice.pick(TAX_AREAS),
    discounts: dice.pick(DISCOUNTS),
    cycleDay: dice.pick(CYCLE_DAYS),
    opensOn,
  };
  const fate = dice.between(1, 100);
  const movesOn = fate <= 10 ? late() : undefined;
  const leavesOn = fate > 80 ? late() : undefined;
  const tie = index > 1 ? tieOf(fate, late) : undefined;
  const endsWithTie = tie?.kind === 'merger' || tie?.kind === 'transfer';
  return { ...subscriber, movesOn, leavesOn: endsWithTie ? addDays(tie.on, -LAST_BILL_DAYS) : leavesOn, tie };
}

function tieOf(fate: number, late: () => string): Tie | undefined {
  if (fate <= 10 || fate > 38) return undefined;
  const kind = fate <= 20 ? 'household' : fate <= 26 ? 'merger' : fate <= 32 ? 'transfer' : 'balance';
  return { kind, on: late() };
}

/** The first day on which the two of a household are none any more. */
export function partsOn({ on }: Tie): string {
  return addDays(on, HOUSEHOLD_DAYS);
}

/** Whether somebody pays for a household, by its number: from the day after bills print that until the two part. */
function isTogether({ tie }: Subscriber, day: string): boolean {
  return tie?.kind === 'household' && tie.on < day && day < partsOn(tie);
}

/** How somebody pays on a day. */
export function wayOf(subscriber: Subscriber, day: string): Subscriber['way'] | 'household' | 'keypad' {
  if (isTogether(subscriber, day)) return 'household';
  return subscriber.way === 'phone' && subscriber.index % 2 === 0 ? 'keypad' : subscriber.way;
}

/** Days from a bill to the days on which somebody sits down to pay. */
const PAYS_AFTER = {
  punctual: [11],
  late: [27],
  partial: [12, 24],
  generous: [9],
  bouncing: [14],
  forgetful: [16],
  insolvent: [18],
} as const satisfies Record<Subscriber['habit'], readonly number[]>;

/** Whether somebody means to pay on a day. What there is to pay is another matter. */
export function meansToPay(seed: number, { index, habit, cycleDay, opensOn }: Subscriber, day: string): boolean {
  const billed = latestOf(cycleDay, day);
  const after = daysBetween(billed, day) - (index % 3);
  if (!(PAYS_AFTER[habit] as readonly number[]).includes(after)) return false;
  if (habit === 'forgetful') return diceFor(seed, 'forgets', index, billed).percent(50);
  // Comes to money every ninth month: some of the debt has been written off by then.
  if (habit === 'insolvent') return Math.round(daysBetween(monthsBefore(opensOn, 0), billed) / 30.4) % 9 === 8;
  return true;
}
