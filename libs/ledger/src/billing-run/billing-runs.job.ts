import { sql } from 'kysely';
import { type EventStore, type ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { type AccountState } from '../billing/account-state.js';
import { type Catalogue, type CatalogueVersion, versionNamed, versionOn } from '../catalogue/catalogue.js';
import { type RunStanding, RunsOfAccounts, type Turn } from '../runs-of-accounts/runs-of-accounts.job.js';
import { subscription } from '../subscriptions/subscription.js';
import { SUBSCRIPTIONS } from '../subscriptions/subscriptions.projection.js';
import { type BillingReport } from './billing-run-events.js';
import { billingRun, type billingRunOf } from './billing-run.js';
import { BillingTally } from './billing-tally.js';
import { changedBehind, nextBill } from './next-bill.js';
import { type BillableAccount, SubscriptionBilling } from './subscription-billing.job.js';

/** Somebody else bills the same account at the same time: computed again so often. */
const TRIES = 3;

type RunOf = ReturnType<typeof billingRunOf>;
type Begun = Pick<RunOf, 'date' | 'cycle'> & { readonly catalogue: string };
type Shown = RunOf & { readonly catalogue: string };

export type BillingRunStanding = RunStanding<Shown, BillingReport>;

/**
 * Billing runs, one for each cycle and day: the bills of the cycle's accounts are issued by the ordinary command, by the version
 * of the catalogue that holds on the day.
 */
export class BillingRuns extends RunsOfAccounts<RunOf, Begun, CatalogueVersion, BillingReport, BillingTally, Shown> {
  constructor(
    store: EventStore,
    db: Database,
    barrier: ReadBarrier,
    catalogue: Catalogue,
    clock: () => Date = () => new Date(),
  ) {
    super({ store, db, barrier, clock }, (handling) => {
      const billing = new SubscriptionBilling(store, handling, catalogue);
      return {
        run: billingRun,
        idsOf: ({ runId }) => ({ stream: runId, commands: runId }),
        termsOf: ({ date }, begun) => (begun ? versionNamed(catalogue, begun.catalogue) : versionOn(catalogue, date)),
        begunWith: ({ date, cycle }, { version }) => ({ date, cycle, catalogue: version }),
        shown: (of, begun) => ({ ...of, catalogue: begun.catalogue }),
        readModel: { projection: SUBSCRIPTIONS, category: subscription.category },
        candidates: ({ date, cycle }) => sql`
          select account_id from subscriptions where cycle_day = ${cycle} and starts_on <= ${date}::date`,
        tally: () => new BillingTally(),
        take: (turn) => take(billing, turn),
      };
    });
  }

  /** What is under way in this process, dry runs too. */
  get underWay() {
    const accounts = { waiting: 0, billed: 0, skipped: 0, failed: 0 };
    const standings = this.standingsUnderWay;
    for (const { progress, report } of standings) {
      if (!progress || !report) continue;
      accounts.waiting += progress.accounts - progress.done;
      accounts.billed += report.billed;
      accounts.failed += report.failed;
      accounts.skipped += report.accounts - report.billed - report.failed;
    }
    return { running: standings.length, accounts };
  }
}

/** Bills one account, or counts that the run has billed it before. */
async function take(
  billing: SubscriptionBilling,
  { accountId, of, terms: version, dryRun, tally, metadata }: Turn<RunOf, CatalogueVersion, BillingTally>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const found = await billing.read(accountId, ({ run }) => run === of.runId);
      const { billed } = found.state;
      if (billed && countDone(of, found.state, tally)) {
        const { from, to } = billed.arrears;
        return noteChanges(tally, accountId, found, billed.run === of.runId ? from : to);
      }
      const day = { issuedOn: of.date, run: of.runId };
      const events = dryRun
        ? billing.previewOf(accountId, nextBill(found.state, found.subscriptions, day, version), found.state).events
        : await billing.issue(accountId, found, day, version, metadata);
      tally.billed(events);
      return noteChanges(tally, accountId, found, billed?.arrears.to);
    } catch (error) {
      if (!(error instanceof Rejected && error.code === 'BILLED_MEANWHILE' && tries < TRIES)) throw error;
    }
  }
}

/** @param through the first day that had not been billed before this run; undefined when nothing had been */
function noteChanges(
  tally: BillingTally,
  accountId: string,
  { subscriptions }: BillableAccount,
  through: string | undefined,
): void {
  if (through !== undefined && changedBehind(subscriptions, through).length > 0) tally.toCorrect(accountId);
}

/** Counts what the run did for the account before it was interrupted. @returns whether it did anything */
function countDone({ runId }: RunOf, { billed, bills, currency }: AccountState, tally: BillingTally): boolean {
  if (!billed) return false;
  const isBilled = billed.run === runId;
  if (isBilled) tally.billedOver(sumOf(bills.get(billed.billNumber)?.lines ?? []), currency);
  const gaveBack = billed.givenBackBy?.run === runId;
  if (gaveBack) tally.gaveBack(billed.givenBackBy.total, currency, isBilled);
  return isBilled || gaveBack;
}

function sumOf(lines: readonly { readonly total: bigint }[]): bigint {
  return lines.reduce((sum, { total }) => sum + total, 0n);
}
