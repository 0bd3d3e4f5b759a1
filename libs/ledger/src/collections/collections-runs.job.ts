import { sql } from 'kysely';
import { type EventStore, type ReadBarrier } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { account } from '../billing/account.js';
import { LEDGER } from '../reads/ledger.js';
import { daysAfter } from '../runs-of-accounts/run-of-accounts.js';
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
 * Collections runs, one for each day: on each account that has something past due or stands suspended is done what the policy
 * has for the day.
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
        const command = { definition: CollectAccount, data: { on: date, policy: terms }, metadata };
        tally.done((await handling.handle(accountId, command)).events);
      },
    }));
  }
}
