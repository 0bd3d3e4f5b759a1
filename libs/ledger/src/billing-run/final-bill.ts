import { Rejected } from '#libs/event-sourcing';
import { type AccountState, type Bill, reversibleOf } from '../billing/account-state.js';
import { unusedShare } from '../billing/prepaid.js';
import { refuse } from '../billing/rejections.js';
import { type Catalogue, type CatalogueVersion, versionNamed, versionOn } from '../catalogue/catalogue.js';
import { recurringTotal, unusedDays } from './charges.js';
import { nextCycle, type Span } from './cycle.js';
import { changedBehind, type KnownSubscriptions, nextBill } from './next-bill.js';

interface Closing {
  readonly today: string;
  /** Whether what could still be charged is left at that. What the customer is to have back is the customer's to give up. */
  readonly forgone: boolean;
}

/**
 * Refuses to end an account while a subscription of it runs, for nobody would bill it any more; while a bill is to be corrected,
 * because days that it is for were changed after it; and while the next bill would charge something or give back days that were
 * charged in advance.
 * @throws Rejected SUBSCRIPTION_RUNNING | CHARGES_NOT_BILLED, or because the catalogue does not offer what is to be billed
 */
export function requireFinalBill(
  account: AccountState,
  known: KnownSubscriptions,
  catalogue: Catalogue,
  { today, forgone }: Closing,
): void {
  const { subscriptions, cycleDay } = known.now;
  for (const { subscriptionId, stopsOn } of subscriptions.values()) {
    if (stopsOn !== undefined && stopsOn <= today) continue;
    const until = stopsOn === undefined ? 'runs' : `runs until ${stopsOn}`;
    refuse('SUBSCRIPTION_RUNNING', `subscription ${subscriptionId} ${until}; stop it today or earlier first`);
  }
  if (cycleDay === 0) return;
  requireCorrected(account, known, catalogue, forgone);
  const issuedOn = nextCycle(today, cycleDay);
  if (isAnyGivenBack(account, known)) {
    refuse(
      'CHARGES_NOT_BILLED',
      `the bill of ${issuedOn} is to give back days charged in advance, which cannot be forgone; close the account when that is settled`,
      'unbilled',
    );
  }
  if (forgone || !isAnyCharged(() => nextBill(account, known, { issuedOn }, versionOn(catalogue, issuedOn)))) return;
  refuse(
    'CHARGES_NOT_BILLED',
    `the bill of ${issuedOn} is to come; close the account when that is settled, or say that it is forgone`,
    'unbilled',
  );
}

/** Refuses while something is left of a bill whose days were changed after it, and names the first of them. */
function requireCorrected(
  { bills, billed }: AccountState,
  known: KnownSubscriptions,
  catalogue: Catalogue,
  forgone: boolean,
): void {
  if (!billed) return;
  const through = billed.arrears.to;
  const changed = changedBehind(known, through);
  const [first] = [...bills.values()].filter((bill) => isLeftOf(bill, changed)).sort(byPeriod);
  if (!first) return;
  if (forgone) {
    const [from = through] = changed.map((days) => days.from).sort();
    if (!isOvercharged(known, { from, to: through }, versionNamed(catalogue, billed.catalogue))) return;
  }
  refuse(
    'CHARGES_NOT_BILLED',
    `days that bill ${first.billNumber} is for were changed after it; correct it first, and close the account when that is settled`,
    'unbilled',
  );
}

/** Whether what was billed for days is more than what they come to now. What started late is yet to be billed. */
function isOvercharged({ now, then }: KnownSubscriptions, days: Span, version: CatalogueVersion): boolean {
  const billedBefore = [...then.subscriptions.values()].reduce(
    (all, before) => all.set(before.subscriptionId, now.subscriptions.get(before.subscriptionId) ?? before),
    then.subscriptions,
  );
  const due = recurringTotal({ ...now, subscriptions: billedBefore }, days, version);
  return recurringTotal(then, days, version) > due;
}

function isLeftOf({ period, lines }: Bill, changed: readonly Span[]): boolean {
  if (!period || !lines.some((line) => !line.isLateFee && reversibleOf(line) > 0n)) return false;
  return changed.some(({ from, to }) => from <= period.to && period.from < to);
}

function byPeriod({ period: left }: Bill, { period: right }: Bill): number {
  return left!.from < right!.from ? -1 : 1;
}

/** Whether something is left of what was charged in advance for days that are not used after all. */
function isAnyGivenBack(account: AccountState, { now, then }: KnownSubscriptions): boolean {
  const { billed } = account;
  if (!billed) return false;
  const unused = unusedDays(now, { known: then, through: billed.arrears.to, prepaid: billed.prepaid });
  return unused.some((days) => {
    const { net, taxes } = unusedShare(account, days);
    return net > 0n || taxes.some((tax) => tax > 0n);
  });
}

function isAnyCharged(bill: () => ReturnType<typeof nextBill>): boolean {
  try {
    return bill().lines.length > 0;
  } catch (error) {
    if (error instanceof Rejected && error.code === 'NOTHING_TO_BILL') return false;
    throw error;
  }
}
