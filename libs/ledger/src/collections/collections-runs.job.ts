import { sql } from 'kysely';
import { type EventStore, type ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { account } from '../billing/account.js';
import { refuse } from '../billing/rejections.js';
import { LEDGER } from '../reads/ledger.js';
import { daysAfter, hasPassed } from '../runs-of-accounts/run-of-accounts.js';
import { type RunStanding, RunsOfAccounts } from '../runs-of-accounts/runs-of-accounts.job.js';
import { CollectAccount, collectionsOn } from './collect-account.js';
import { type CollectionPolicy, type CollectionPolicyVersion, policyNamed, policyOn } from './collection-policy.js';
import { collectionsRun } from './collections-run.js';
import { type CollectionsReport } from './collections-run-events.js';
import { CollectionsTally } from './collections-tally.js';

interface Begun {
  readonly date: string;
  readonly policy: string;
}

export type CollectionsRunStanding = RunStanding<Begun, CollectionsReport>;

/**
 * The same command once the day of its run is over: what was done on the day is found by it, and the rest is refused. A fee, a
 * notice or a suspension counts from the run's day, which nobody was told anything on.
 */
const leftToTheNext = {
  ...CollectAccount,
  decide(...asked: Parameters<typeof CollectAccount.decide>) {
    if (CollectAccount.decide(...asked).length === 0) return [];
    return refuse('COLLECTIONS_RUN_PASSED', 'the day has passed; what is left is done by the next run', 'on');
  },
};

/**
 * Collections runs, one for each day: on each account that has something past due or stands suspended is done what the policy
 * has for the day. One that was interrupted is gone on with while it is that day: after it, what is left is left to the next.
 */
export class CollectionsRuns extends RunsOfAccounts<
  string,
  Begun,
  CollectionPolicyVersion,
  CollectionsReport,
  CollectionsTally,
  Begun
> {
  constructor(
    store: EventStore,
    db: Database,
    barrier: ReadBarrier,
    policy: CollectionPolicy,
    clock: () => Date = () => new Date(),
  ) {
    super({ store, db, barrier, clock }, (handling) => ({
      run: collectionsRun,
      idsOf: (date) => ({ stream: `collections-${date}`, commands: `collections-${date}` }),
      termsOf: (date, begun) => (begun ? policyNamed(policy, begun.policy) : policyOn(policy, date)),
      begunWith: (date, { version }) => ({ date, policy: version }),
      laterThan: daysAfter,
      shown: (date, begun) => ({ date, policy: begun.policy }),
      readModel: { projection: LEDGER, category: account.category },
      // Also those that the run has acted on before it was interrupted, of which neither may be true any more.
      candidates: (date) => sql`
        select account_id from bills where open > 0 and due_on < ${date}::date
        union select account_id from suspensions
        union select account_id from collections_days where last_on >= ${date}::date`,
      tally: () => new CollectionsTally(),
      take: async ({ accountId, of: date, terms, dryRun, tally, metadata }) => {
        if (dryRun) {
          const { state } = await handling.current(accountId, account);
          return tally.done(collectionsOn(state, terms, date, accountId));
        }
        const definition = hasPassed(date, clock().toISOString().slice(0, 10)) ? leftToTheNext : CollectAccount;
        try {
          const command = { definition, data: { on: date, policy: terms }, metadata };
          tally.done((await handling.handle(accountId, command)).events);
        } catch (error) {
          if (!(error instanceof Rejected && error.code === 'COLLECTIONS_RUN_PASSED')) throw error;
          tally.left();
        }
      },
    }));
  }
}
