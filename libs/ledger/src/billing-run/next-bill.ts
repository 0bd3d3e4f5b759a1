import { type z } from 'zod';
import { type AccountState, requireOpen } from '../billing/account-state.js';
import { type IssueBill } from '../billing/issue-bill.js';
import { refuse } from '../billing/rejections.js';
import { type CatalogueVersion } from '../catalogue/catalogue.js';
import { dueDate } from '../catalogue/due-date.js';
import { addDays } from '../importing/calendar.js';
import { noSubscriptions, type SubscriptionState } from '../subscriptions/subscription.js';
import { chargesUpTo, firstDay } from './charges.js';
import { cycleStart } from './cycle.js';

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
 * billed. Pure: the same history, version and day give the same bill.
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
  const from = account.billed ? addDays(account.billed.period.to, 1) : begin;
  if (from >= to) return nothingToBill();
  return stated(version, {
    billNumber: to,
    issuedOn,
    period: { from, to },
    lines: chargesUpTo(to, now, account.billed && { known: then, through: from }, version),
    basis: {
      catalogue: version.version,
      ...(run !== undefined && { run }),
      subscription: { after: account.billed?.through ?? -1, through: revision },
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
  const { from, to: last } = billed.period;
  const to = addDays(last, 1);
  const before = billed.after === -1 ? undefined : { known: then, through: from };
  return stated(version, {
    billNumber: correctionNumber(billNumber),
    issuedOn,
    period: { from, to },
    lines: chargesUpTo(to, now, before, version),
    basis: {
      catalogue: version.version,
      ...(billed.run !== undefined && { run: billed.run }),
      subscription: { after: billed.after, through: revision },
    },
  });
}

/**
 * Whether days that had been billed have been changed since: the bill of them is to be corrected.
 * @param through the first day that had not been billed when `then` was known
 */
export function changedBehind({ now, then }: KnownSubscriptions, through: string): boolean {
  return [...then.subscriptions.values()].some((before) => {
    const after = now.subscriptions.get(before.subscriptionId) ?? before;
    const billedPart = ({ plans, stopsOn }: typeof before) =>
      JSON.stringify([
        plans.filter(({ from }) => from < through),
        stopsOn !== undefined && stopsOn < through && stopsOn,
      ]);
    return billedPart(before) !== billedPart(after);
  });
}

/** Nothing known: what an account without subscriptions has. */
export const NOTHING_KNOWN: KnownSubscriptions = { now: noSubscriptions, then: noSubscriptions, revision: -1 };

function stated(
  { currency, terms }: CatalogueVersion,
  bill: Pick<StatedBill, 'billNumber' | 'issuedOn' | 'lines' | 'basis'> & { period: { from: string; to: string } },
): StatedBill {
  if (bill.lines.length === 0) return nothingToBill();
  const { from, to } = bill.period;
  return {
    ...bill,
    dueOn: dueDate(bill.issuedOn, terms),
    period: { from, to: addDays(to, -1) },
    currency,
    rounding: terms.rounding,
  };
}

/** `2026-02-15` is corrected by `2026-02-15-C1`, and that by `2026-02-15-C2`. */
function correctionNumber(billNumber: string): string {
  const [, base, count] = /^(.*?)(?:-C(\d+))?$/.exec(billNumber) ?? [];
  return `${base}-C${Number(count ?? 0) + 1}`;
}

function nothingToBill(): never {
  return refuse('NOTHING_TO_BILL', 'no charge of this account falls into the time that has not been billed');
}
