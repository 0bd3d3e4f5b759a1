import { sql } from 'kysely';
import { type EventStore, type ReadBarrier } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { account } from '../billing/account.js';
import { addDays } from '../importing/calendar.js';
import { type Collecting } from '../payment-lifecycle/collecting.js';
import { LEDGER } from '../reads/ledger.js';
import { daysAfter } from '../runs-of-accounts/run-of-accounts.js';
import { type RunStanding, RunsOfAccounts } from '../runs-of-accounts/runs-of-accounts.job.js';
import { AUTOPAY_POLICIES, type AutopayPolicy, autopayPolicyNamed, autopayPolicyOn } from './autopay-policy.js';
import { autopayRun } from './autopay-run.js';
import { type AutopayReport } from './autopay-run-events.js';
import { AutopayTally } from './autopay-tally.js';
import { DueAutopay } from './due-autopay.job.js';

/** The last debits of an enrolment that has ended are made days after its end; so long its account is looked at. */
const ENDED_DAYS = 30;

interface Begun {
  readonly date: string;
  readonly policy: string;
}
type Shown = Pick<Begun, 'date'>;

export type AutopayRunStanding = RunStanding<Shown, AutopayReport>;

/**
 * Autopay runs, one for each day: each account with autopay decides what is due by one command. The payments it decides on are
 * then collected under the ids that the decision gave them; whatever becomes of them comes back to the account as of any other
 * payment. So of a run that was killed every payment is made once. A run that is never asked for again is made up for by the
 * next day's.
 */
export class AutopayRuns extends RunsOfAccounts<string, Begun, AutopayPolicy, AutopayReport, AutopayTally, Shown> {
  constructor(
    store: EventStore,
    db: Database,
    barrier: ReadBarrier,
    collecting: Collecting,
    clock: () => Date = () => new Date(),
    policies: readonly AutopayPolicy[] = AUTOPAY_POLICIES,
  ) {
    super({ store, db, barrier, clock }, (handling) => {
      const due = new DueAutopay(handling, collecting, clock);
      return {
        run: autopayRun,
        idsOf: (date) => ({ stream: date, commands: `autopay-${date}` }),
        termsOf: (date, begun) =>
          begun ? autopayPolicyNamed(begun.policy, policies) : autopayPolicyOn(date, policies),
        begunWith: (date, { version }) => ({ date, policy: version }),
        laterThan: daysAfter,
        shown: (date) => ({ date }),
        readModel: { projection: LEDGER, category: account.category },
        candidates: (date) => sql`
          select account_id from autopay_enrollments
          where status in ('active', 'suspended') or changed_on > ${addDays(date, -ENDED_DAYS)}::date`,
        tally: () => new AutopayTally(),
        take: async ({ accountId, of: date, terms: policy, dryRun, tally, metadata }) => {
          const one = { accountId, date, policy, metadata };
          tally.did(dryRun ? await due.preview(one) : await due.collect(one));
        },
      };
    });
  }
}
