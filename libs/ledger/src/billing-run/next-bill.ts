import { type z } from 'zod';
import { type AccountState, requireOpen, type UnusedDays } from '../billing/account-state.js';
import { type IssueBill } from '../billing/issue-bill.js';
import { refuse } from '../billing/rejections.js';
import { type CatalogueVersion } from '../catalogue/catalogue.js';
import { dueDate } from '../catalogue/due-date.js';
import { addDays } from '../importing/calendar.js';
import { noSubscriptions, type SubscriptionState } from '../subscriptions/subscription.js';
import { type BilledBefore, type ChargeLine, chargesUpTo, daysOnPlan, firstDay, unusedDays } from './charges.js';
import { cycleStart, type Span, without } from './cycle.js';

/** An account's subscriptions as they are known now, and as they were when something was billed from them last. */
export interface KnownSubscriptions {
  readonly now: SubscriptionState;
  /** Revision of the last event of `now`; −1 when there is none. */
  readonly revision: number;
  readonly then: SubscriptionState;
}

export interface BillingDay {
  readonly issuedOn: string;
  readonly run?: string;
}

export type StatedBill = z.input<typeof IssueBill.schema>;

/**
 * The account's next bill: everything up to the last beginning of a cycle on or before the day of issue that has not been
 * billed, and what is charged in advance for the cycle that begins then. It has no lines when only unused days are given back.
 * Pure: the same history, version and day give the same bill.
 * @throws Rejected NOTHING_TO_BILL, or because the catalogue does not offer what is subscribed to, or the account is not open
 */
export function nextBill(
  account: AccountState,
  { now, then, revision }: KnownSubscriptions,
  { issuedOn, run }: BillingDay,
  version: CatalogueVersion,
): StatedBill {
  requireOpen(account);
  const begin = firstDay(now);
  if (begin === undefined) return nothingToBill();
  const to = cycleStart(issuedOn, now.cycleDay);
  const { billed } = account;
  const from = billed ? billed.arrears.to : begin;
  if (from > to || billed?.arrears.to === to) return nothingToBill();
  const before = billed && { known: then, through: from, prepaid: billed.prepaid };
  return stated(version, {
    billNumber: to,
    issuedOn,
    arrears: { from, to },
    ...computed(to, now, before, version),
    basis: {
      catalogue: version.version,
      ...(run !== undefined && { run }),
      subscription: { after: billed?.through ?? -1, through: revision },
    },
  });
}

/**
 * The latest bill from subscriptions computed again, from all that is known by now and by the version of the catalogue it was
 * computed from, under a number of its own.
 * @param known `then`: the subscriptions as they were known at the bill before it
 * @throws Rejected BILL_NOT_LATEST, NOTHING_TO_BILL and what the catalogue does not offer any more
 */
export function correctedBill(
  account: AccountState,
  billNumber: string,
  { now, then, revision }: KnownSubscriptions,
  issuedOn: string,
  version: CatalogueVersion,
): StatedBill {
  const { billed } = account;
  if (billed?.billNumber !== billNumber) {
    return refuse(
      'BILL_NOT_LATEST',
      'only the latest bill from subscriptions is computed again; state the lines yourself',
    );
  }
  const { from, to } = billed.arrears;
  const before = billed.after === -1 ? undefined : { known: then, through: from, prepaid: billed.prepaidBefore };
  const { lines, unused } = computed(to, now, before, version);
  if (lines.length === 0) nothingToBill();
  return stated(version, {
    billNumber: correctionNumber(billNumber),
    issuedOn,
    arrears: { from, to },
    lines,
    unused,
    basis: {
      catalogue: version.version,
      ...(billed.run !== undefined && { run: billed.run }),
      subscription: { after: billed.after, through: revision },
    },
  });
}

/**
 * Days that had been billed and on which a subscription, as is known by now, ran on another plan or not at all: the bills of
 * them are to be corrected.
 * @param through the first day that had not been billed when `then` was known
 */
export function changedBehind({ now, then }: KnownSubscriptions, through: string): Span[] {
  return [...then.subscriptions.values()].flatMap((before) => {
    const after = now.subscriptions.get(before.subscriptionId) ?? before;
    const plans = new Set(before.plans.map(({ plan }) => plan));
    return [...plans].flatMap((plan) =>
      daysOnPlan(before, plan)
        .filter(({ from }) => from < through)
        .flatMap(({ from, to }) => without({ from, to: to < through ? to : through }, daysOnPlan(after, plan))),
    );
  });
}

/** Nothing known: what an account without subscriptions has. */
export const NOTHING_KNOWN: KnownSubscriptions = { now: noSubscriptions, then: noSubscriptions, revision: -1 };

interface Computed {
  readonly lines: ChargeLine[];
  readonly unused: UnusedDays[];
}

function computed(
  to: string,
  now: SubscriptionState,
  before: BilledBefore | undefined,
  version: CatalogueVersion,
): Computed {
  return { lines: chargesUpTo(to, now, before, version), unused: before ? unusedDays(now, before) : [] };
}

function stated(
  { currency, terms }: CatalogueVersion,
  {
    arrears,
    lines,
    unused,
    basis,
    ...bill
  }: Pick<StatedBill, 'billNumber' | 'issuedOn'> &
    Computed & {
      readonly arrears: Span;
      readonly basis: Omit<NonNullable<StatedBill['basis']>, 'unused' | 'arrearsTo'>;
    },
): StatedBill {
  if (lines.length === 0 && unused.length === 0) return nothingToBill();
  const { from, to } = periodOf(lines, arrears);
  return {
    ...bill,
    lines,
    dueOn: dueDate(bill.issuedOn, terms),
    period: { from, to: addDays(to, -1) },
    currency,
    rounding: terms.rounding,
    basis: { ...basis, ...(to !== arrears.to && { arrearsTo: arrears.to }), unused },
  };
}

/** The days a bill is for: those in arrears, unless it charges nothing for them, and those in advance. */
function periodOf(lines: readonly ChargeLine[], arrears: Span): Span {
  const ahead = lines.flatMap(({ prepaid }) => (prepaid && prepaid.to > arrears.to ? [prepaid] : []));
  if (ahead.length === 0) return arrears;
  const [first = arrears.to] = ahead.map(({ from }) => from).sort();
  const to = ahead
    .map((days) => days.to)
    .sort()
    .at(-1)!;
  return { from: ahead.length === lines.length ? first : arrears.from, to };
}

/** `2026-02-15` is corrected by `2026-02-15-C1`, and that by `2026-02-15-C2`. */
function correctionNumber(billNumber: string): string {
  const [, base, count] = /^(.*?)(?:-C(\d+))?$/.exec(billNumber) ?? [];
  return `${base}-C${Number(count ?? 0) + 1}`;
}

function nothingToBill(): never {
  return refuse('NOTHING_TO_BILL', 'no charge of this account falls into the time that has not been billed');
}
