import { Rejected } from '#libs/event-sourcing';
import { type AccountState } from '../billing/account-state.js';
import { refuse } from '../billing/rejections.js';
import { type Catalogue, versionOn } from '../catalogue/catalogue.js';
import { nextCycle } from './cycle.js';
import { type KnownSubscriptions, nextBill } from './next-bill.js';

/**
 * Refuses to end an account while a subscription of it runs, for nobody would bill it any more; and while the next bill would charge
 * something or give back days that were charged in advance.
 * @param forgone whether what is not billed is left at that; a subscription that runs is stopped all the same
 * @throws Rejected SUBSCRIPTION_RUNNING | CHARGES_NOT_BILLED, or because the catalogue does not offer what is to be billed
 */
export function requireFinalBill(
  account: AccountState,
  known: KnownSubscriptions,
  catalogue: Catalogue,
  { today, forgone }: { readonly today: string; readonly forgone: boolean },
): void {
  const { subscriptions, cycleDay } = known.now;
  for (const { subscriptionId, stopsOn } of subscriptions.values()) {
    if (stopsOn !== undefined && stopsOn <= today) continue;
    const until = stopsOn === undefined ? 'runs' : `runs until ${stopsOn}`;
    refuse('SUBSCRIPTION_RUNNING', `subscription ${subscriptionId} ${until}; stop it today or earlier first`);
  }
  if (forgone || cycleDay === 0) return;
  const issuedOn = nextCycle(today, cycleDay);
  if (!isAnythingToBill(() => nextBill(account, known, { issuedOn }, versionOn(catalogue, issuedOn)))) return;
  refuse(
    'CHARGES_NOT_BILLED',
    `the bill of ${issuedOn} is to come; close the account when that is settled, or say that it is forgone`,
    'unbilled',
  );
}

function isAnythingToBill(bill: () => unknown): boolean {
  try {
    bill();
    return true;
  } catch (error) {
    if (error instanceof Rejected && error.code === 'NOTHING_TO_BILL') return false;
    throw error;
  }
}
