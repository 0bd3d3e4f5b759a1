import { type ChargedDays, type Prepaid, type UnusedDays } from '../billing/account-state.js';
import { calculateBill } from '../billing/bill-calculation.js';
import { refuse } from '../billing/rejections.js';
import {
  type CatalogueVersion,
  type Discount,
  offered,
  type Plan,
  QUANTITY_DIGITS,
  quantityOf,
  type UsageCharge,
} from '../catalogue/catalogue.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import {
  planOn,
  type Subscription,
  type SubscriptionState,
  type UsageTotal,
  usedSoFar,
} from '../subscriptions/subscription.js';
import { addMonths, cyclesOver, daysBetween, nextCycle, type Span, without } from './cycle.js';
import { prorated } from './proration.js';

/** After every day there is. */
const LAST_DAY = '9999-12-31';

/** A line of a bill before it is computed, as `IssueBill` takes it. */
export interface ChargeLine {
  readonly service: string;
  readonly kind: 'recurring' | 'one-time' | 'usage';
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discounts: (
    | { readonly kind: 'fixed'; readonly description: string; readonly amount: string }
    | { readonly kind: 'percent'; readonly description: string; readonly percent: string }
  )[];
  readonly taxes: { readonly jurisdiction: string; readonly rate: string }[];
  readonly priority: number;
  /** Of a charge in advance: the days it is for, by which the unused rest of them is given back. */
  readonly prepaid?: ChargedDays;
}

/** What the account's last bill from its subscriptions was made of. */
export interface BilledBefore {
  /** The subscriptions as they were known then. */
  readonly known: SubscriptionState;
  /** The first day whose charges in arrears were not billed. */
  readonly through: string;
  /** What it charged in advance. */
  readonly prepaid: readonly Prepaid[];
}

/**
 * What is to be billed up to a day (which is not in it): everything of the subscriptions as they are known now, less what was
 * billed before. So what is recorded late (usage of an earlier cycle, a charge, a start) is on the next bill, once; what
 * lies after the day waits, but for what is charged in advance: of that, all days of the cycle that begins on the day are due.
 * Nothing is ever negative: what was charged in advance and is not used after all, `unusedDays` tells, and a change recorded
 * late of days before those is left to a corrected bill.
 * @throws Rejected when this version of the catalogue does not offer what is subscribed to
 */
export function chargesUpTo(
  to: string,
  now: SubscriptionState,
  before: BilledBefore | undefined,
  version: CatalogueVersion,
): ChargeLine[] {
  return [
    ...recurringUpTo(to, now, before, version),
    ...usageLines(to, now, before, version),
    ...oneTimeLines(to, now, before, version),
  ];
}

function recurringUpTo(
  to: string,
  now: SubscriptionState,
  before: BilledBefore | undefined,
  version: CatalogueVersion,
): ChargeLine[] {
  const running = [...now.subscriptions.values()].sort(byStart);
  const ahead = nextCycle(to, now.cycleDay);
  return running.flatMap((subscription) => {
    const start = subscription.plans[0]!.from;
    const known = before?.known.subscriptions.get(subscription.subscriptionId);
    const from = known && before && before.through > start ? before.through : start;
    // Nobody is charged in advance for what has not begun.
    if (start > to) return [];
    const stop = subscription.stopsOn ?? ahead;
    const span = { from, to: stop < ahead ? stop : ahead };
    return recurringLines(subscription, { span, to, prepaid: before?.prepaid ?? [] }, now, version);
  });
}

/** Where billing begins: at the earliest of what is known when nothing was billed before. */
export function firstDay({ subscriptions }: SubscriptionState): string | undefined {
  return [...subscriptions.values()].sort(byStart)[0]?.plans[0]?.from;
}

/** Days that were charged in advance, and on which what they were charged for does not run after all. */
export function unusedDays(now: SubscriptionState, { prepaid, through }: BilledBefore): UnusedDays[] {
  return prepaid.flatMap(({ billNumber, lineId, subscriptionId, plan, from, to, givenBack }) => {
    const days = { from: from > through ? from : through, to };
    const subscribed = now.subscriptions.get(subscriptionId);
    const used = subscribed ? daysOnPlan(subscribed, plan) : [];
    return without(days, [...used, ...givenBack]).map((unused) => ({ billNumber, lineId, ...unused }));
  });
}

/** The days on which a subscription runs on a plan. */
export function daysOnPlan({ plans, stopsOn = LAST_DAY }: Subscription, plan: string): Span[] {
  const spans = plans.map(({ from, plan: on }, at) => ({ from, on, to: plans[at + 1]?.from ?? LAST_DAY }));
  return spans
    .filter(({ from, on }) => on === plan && from < stopsOn)
    .map(({ from, to }) => ({ from, to: to < stopsOn ? to : stopsOn }));
}

interface Due {
  readonly span: Span;
  /** From this day on, only what is charged in advance is due. */
  readonly to: string;
  readonly prepaid: readonly Prepaid[];
}

function recurringLines(
  subscription: Subscription,
  { span, to, prepaid }: Due,
  { cycleDay }: SubscriptionState,
  version: CatalogueVersion,
): ChargeLine[] {
  const { subscriptionId } = subscription;
  return cyclesOver(span, cycleDay).flatMap(({ cycle, part }) =>
    unchangedParts(subscription, part, version).flatMap((unchanged) => {
      const code = planOn(subscription, unchanged.from);
      const ahead = unchanged.from >= to;
      // A plan of days to come may be one that only a later version offers.
      if (ahead && !Object.hasOwn(version.plans, code)) return [];
      const plan = offered(version, 'plans', code);
      return plan.charges.flatMap((charge) => {
        const inAdvance = (charge.in ?? plan.in) === 'advance';
        if (ahead && !inAdvance) return [];
        const of = { subscriptionId, plan: code, charge: charge.code };
        return without(unchanged, daysPrepaid(prepaid, of)).map((days) => ({
          ...recurringLine(charge, subscription, cycle, days, version),
          ...(inAdvance && { prepaid: { ...of, ...days } }),
        }));
      });
    }),
  );
}

/**
 * What the recurring charges of days come to as subscriptions are known, taxes and all: by it two states of knowledge are compared.
 * @param days up to the beginning of a cycle
 * @throws Rejected when this version of the catalogue does not offer what is subscribed to
 */
export function recurringTotal(known: SubscriptionState, { from, to }: Span, version: CatalogueVersion): bigint {
  const lines = recurringUpTo(to, known, { known, through: from, prepaid: [] }, version);
  const charges = lines
    .filter(({ prepaid }) => !prepaid || prepaid.from < to)
    .map((line, index) => ({ ...line, lineId: `L${index + 1}` }));
  return calculateBill(charges, version.terms.rounding, digitsOf(version.currency)).total;
}

function daysPrepaid(
  prepaid: readonly Prepaid[],
  { subscriptionId, plan, charge }: Pick<ChargedDays, 'subscriptionId' | 'plan' | 'charge'>,
): Span[] {
  const same = prepaid.filter(
    (one) => one.subscriptionId === subscriptionId && one.plan === plan && one.charge === charge,
  );
  return same.flatMap(({ from, to, givenBack }) => without({ from, to }, givenBack));
}

/** A part of a cycle cut where the plan changes or a discount ends. */
function unchangedParts(subscription: Subscription, { from, to }: Span, version: CatalogueVersion): Span[] {
  const ends = subscription.discounts.flatMap(
    (code) => discountEnd(subscription, offered(version, 'discounts', code)) ?? [],
  );
  const cuts = [...subscription.plans.map((plan) => plan.from), ...ends].filter((day) => day > from && day < to).sort();
  const days = [...new Set([from, ...cuts, to])];
  return days.slice(1).map((day, at) => ({ from: days[at]!, to: day }));
}

function recurringLine(
  charge: Plan['charges'][number],
  subscription: Subscription,
  cycle: Span,
  part: Span,
  version: CatalogueVersion,
): ChargeLine {
  const { code, service, description, taxCategory, priority } = charge;
  const digits = digitsOf(version.currency);
  const price = prorated(parseMinor(charge.price, digits), cycle, part);
  const whole = part.from === cycle.from && part.to === cycle.to;
  return {
    ...{ service, kind: 'recurring', priority },
    description: whole
      ? `${description}, ${datesOf(part)}`
      : `${description}, ${datesOf(part)} (${daysBetween(part.from, part.to)} of ${daysBetween(cycle.from, cycle.to)} days)`,
    quantity: '1',
    unitPrice: formatMinor(price, digits),
    discounts: discountsOn(code, price, subscription, { cycle, part }, version),
    taxes: taxesOn(taxCategory, subscription.taxArea, version),
  };
}

/** Fixed discounts first, each no more than is left of the charge; shares of what they leave after them. */
function discountsOn(
  charge: string,
  price: bigint,
  subscription: Subscription,
  { cycle, part }: { readonly cycle: Span; readonly part: Span },
  version: CatalogueVersion,
): ChargeLine['discounts'] {
  const digits = digitsOf(version.currency);
  const current = subscription.discounts
    .map((code) => offered(version, 'discounts', code))
    .filter((discount) => discount.charge === undefined || discount.charge === charge)
    .filter((discount) => part.from < (discountEnd(subscription, discount) ?? part.to));
  let left = price;
  const fixed = current.flatMap((discount) => {
    if (discount.kind !== 'fixed') return [];
    const share = prorated(parseMinor(discount.amount, digits), cycle, part);
    const amount = share < left ? share : left;
    left -= amount;
    const { description } = discount;
    return amount === 0n ? [] : [{ kind: 'fixed' as const, description, amount: formatMinor(amount, digits) }];
  });
  const percent = current.flatMap((discount) =>
    discount.kind === 'percent'
      ? [{ kind: 'percent' as const, description: discount.description, percent: discount.percent }]
      : [],
  );
  return [...fixed, ...percent];
}

/** The first day without the discount; undefined for one that lasts. */
function discountEnd({ plans }: Subscription, { months }: Discount): string | undefined {
  return months === undefined ? undefined : addMonths(plans[0]!.from, months);
}

function usageLines(
  to: string,
  now: SubscriptionState,
  before: BilledBefore | undefined,
  version: CatalogueVersion,
): ChargeLine[] {
  const due = [...now.usage.values()].filter(({ cycle }) => cycle < to);
  return due.sort(byCycle).flatMap((total) => {
    const billed = before && total.cycle < before.through ? usedSoFar(before.known, total) : 0n;
    return total.units === billed ? [] : usageOf(total, billed, now, version);
  });
}

/** What the units beyond those billed before come to, a line for each tier they fall into. */
function usageOf(total: UsageTotal, billed: bigint, now: SubscriptionState, version: CatalogueVersion): ChargeLine[] {
  const meter = offered(version, 'plans', total.plan).usage.find((one) => one.meter === total.meter);
  if (!meter) refuse('METER_UNKNOWN', `plan ${total.plan} has no meter ${total.meter} any more; put it back`);
  const { service, description, unit, taxCategory, priority } = meter;
  const { taxArea } = now.subscriptions.get(total.subscriptionId)!;
  const cycle = { from: total.cycle, to: nextCycle(total.cycle, now.cycleDay) };
  return tiersOf(meter).flatMap(({ above, upTo, unitPrice }) => {
    const within = (units: bigint) =>
      units <= above ? 0n : (upTo === undefined || units < upTo ? units : upTo) - above;
    const units = within(total.units) - within(billed);
    if (units === 0n) return [];
    return [
      {
        ...{ service, kind: 'usage', priority, discounts: [], unitPrice },
        description: `${description}, ${datesOf(cycle)} (${unit})`,
        quantity: plainQuantity(units),
        taxes: taxesOn(taxCategory, taxArea, version),
      },
    ];
  });
}

/** The tiers beyond what is included, by the units they begin after and end with. */
function tiersOf({ included, tiers }: UsageCharge) {
  let above = quantityOf(included);
  return tiers.map(({ upTo: end, unitPrice }) => {
    const tier = { above, upTo: end === undefined ? undefined : quantityOf(end), unitPrice };
    above = tier.upTo ?? above;
    return tier;
  });
}

function oneTimeLines(
  to: string,
  now: SubscriptionState,
  before: BilledBefore | undefined,
  version: CatalogueVersion,
): ChargeLine[] {
  const isDue = (id: string, on: string) => on < to && !(before && on < before.through && before.known.oneTime.get(id));
  const due = [...now.oneTime.values()].filter(({ chargeId, on }) => isDue(chargeId, on));
  const inOrder = due.sort((left, right) => (left.on + left.chargeId < right.on + right.chargeId ? -1 : 1));
  return inOrder.map(({ subscriptionId, charge, quantity, on }): ChargeLine => {
    const { service, description, price, taxCategory, priority } = offered(version, 'oneTime', charge);
    const { taxArea } = now.subscriptions.get(subscriptionId)!;
    return {
      ...{ service, kind: 'one-time', priority, discounts: [], quantity, unitPrice: price },
      description: `${description}, ${on}`,
      taxes: taxesOn(taxCategory, taxArea, version),
    };
  });
}

function taxesOn(category: string, taxArea: string, version: CatalogueVersion): ChargeLine['taxes'] {
  return offered(version, 'taxAreas', taxArea)
    .filter(({ categories }) => categories.includes(category))
    .map(({ jurisdiction, rate }) => ({ jurisdiction, rate }));
}

/** The days of a span as customers read them: the last one is in it. */
function datesOf({ from, to }: Span): string {
  return `${from} to ${addDays(to, -1)}`;
}

function plainQuantity(units: bigint): string {
  return formatMinor(units, QUANTITY_DIGITS).replace(/\.?0+$/, '');
}

/** The earliest cycle first, and within it always in the same order. */
function byCycle(left: UsageTotal, right: UsageTotal): number {
  const [one, other] = [left, right].map(({ cycle, subscriptionId, meter, plan }) =>
    [cycle, subscriptionId, meter, plan].join(' '),
  );
  return one! < other! ? -1 : 1;
}

function byStart(left: Subscription, right: Subscription): number {
  const [one, other] = [left, right].map(({ plans, subscriptionId }) => `${plans[0]!.from} ${subscriptionId}`);
  return one! < other! ? -1 : 1;
}
