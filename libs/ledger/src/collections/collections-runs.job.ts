import { sql } from 'kysely';
import { CommandHandling, type EventStore, type ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Caller, type Database } from '#libs/platform';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { refuse } from '../billing/rejections.js';
import { eachInFlight, metadataOf } from '../billing-run/run-of-accounts.job.js';
import { LEDGER } from '../reads/ledger.js';
import { CollectAccount, collectionsOn } from './collect-account.js';
import { type CollectionPolicy, type CollectionPolicyVersion, policyNamed, policyOn } from './collection-policy.js';
import { type CollectionsReport } from './collections-run-events.js';
import {
  collectionsRun,
  type CollectionsRunState,
  FinishCollectionsRun,
  requireUnfinished,
  StartCollectionsRun,
} from './collections-run.js';
import { CollectionsTally } from './collections-tally.js';

const CANDIDATES_PER_PAGE = 1_000;
/** A run touches every account once, so that keeping many would only push out those that are in use. */
const CACHED_EVENTS = 10_000;

/** How a run stands. */
export interface CollectionsRunStanding {
  /** The day, which is also the run's name: there is one run a day. */
  readonly date: string;
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly dryRun: boolean;
  readonly policy: string;
  /** Accounts to be looked at, and how many of them are done; nothing of a run that is not under way in this process. */
  readonly progress: { readonly accounts: number; readonly done: number } | null;
  /** What it has come to so far, or in the end. */
  readonly report: CollectionsReport | null;
  /** Why it ended before its end. */
  readonly error: string | null;
}

/** A run under way in this process, or ended in it. */
class Running {
  readonly tally = new CollectionsTally();
  readonly runId: string;
  accounts = 0;
  done = 0;
  state: CollectionsRunStanding['state'] = 'running';
  error: string | null = null;
  ended: Promise<void> = Promise.resolve();

  constructor(
    readonly date: string,
    readonly policy: CollectionPolicyVersion,
    readonly dryRun: boolean,
    readonly caller: Caller,
  ) {
    this.runId = runIdOf(date);
  }

  get standing(): CollectionsRunStanding {
    const { date, state, dryRun, accounts, done, error } = this;
    const progress = { accounts, done };
    return { date, state, dryRun, policy: this.policy.version, progress, report: this.tally.report, error };
  }
}

/**
 * Collections runs, one a day. A run goes through the accounts that have something past due or stand suspended and does what
 * the policy has for the day by one command each, whose id follows from day and account. One that ended early, however it
 * ended, is asked for again: what it had done is found in the accounts, counted and not done twice.
 *
 * Whom it looks at is read from the read model once that has all that was recorded before the run; what is done is decided on
 * the streams alone.
 */
export class CollectionsRuns {
  readonly #handling: CommandHandling;
  /** By day, dry runs apart. */
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly barrier: ReadBarrier,
    private readonly policy: CollectionPolicy,
    clock: () => Date = () => new Date(),
  ) {
    this.#handling = new CommandHandling(store, { cachedEvents: CACHED_EVENTS, clock });
  }

  /**
   * Begins the run of a day, or goes on with one that ended early.
   * @param dryRun nothing is written; the day may lie ahead
   * @throws Rejected COLLECTIONS_RUN_FINISHED, COLLECTION_POLICY_NOT_YET, EFFECTIVE_IN_FUTURE …
   */
  async start(date: string, { dryRun, caller }: { dryRun: boolean; caller: Caller }): Promise<CollectionsRunStanding> {
    const key = keyOf(date, dryRun);
    const underWay = () => (this.#running.get(key)?.state === 'running' ? this.#running.get(key) : undefined);
    const policy = underWay()?.policy ?? (dryRun ? policyOn(this.policy, date) : await this.#begin(date, caller));
    // Asked for twice at once: the first has begun meanwhile.
    const already = underWay();
    if (already) return already.standing;
    const running = new Running(date, policy, dryRun, caller);
    this.#running.set(key, running);
    running.ended = this.#run(running).then(
      () => void (running.state = this.#stopping.signal.aborted ? 'interrupted' : 'finished'),
      (error: unknown) => {
        running.state = 'interrupted';
        running.error = error instanceof Error ? error.message : String(error);
      },
    );
    return running.standing;
  }

  /** @throws Rejected COLLECTIONS_RUN_UNKNOWN */
  async standing(date: string, dryRun: boolean): Promise<CollectionsRunStanding> {
    const running = this.#running.get(keyOf(date, dryRun));
    if (running) return running.standing;
    const initial = { state: collectionsRun.initialState };
    const { state } = dryRun ? initial : await this.#handling.current(runIdOf(date), collectionsRun);
    if (state.status === 'unknown') refuse('COLLECTIONS_RUN_UNKNOWN', 'no run of this day was begun here; begin it');
    const whatever = { date, dryRun: false, policy: state.policy, progress: null, error: null };
    if (state.status === 'finished') return { ...whatever, state: 'finished', report: state.report };
    return { ...whatever, state: 'interrupted', report: null };
  }

  /** Ends what is under way when Nest ends: it is gone on with when it is asked for again. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #begin(date: string, caller: Caller): Promise<CollectionPolicyVersion> {
    const runId = runIdOf(date);
    const state = await this.#state(runId);
    requireUnfinished(state);
    // What it was begun with is what it goes on with.
    if (state.status === 'started') return policyNamed(this.policy, state.policy);
    const policy = policyOn(this.policy, date);
    const data = { date, policy: policy.version };
    const metadata = metadataOf({ runId }, 'start', caller);
    await this.#handling.handle(runId, { definition: StartCollectionsRun, data, metadata });
    return policy;
  }

  async #state(runId: string): Promise<CollectionsRunState> {
    return (await this.#handling.current(runId, collectionsRun)).state;
  }

  async #run(running: Running): Promise<void> {
    const { date, runId, dryRun, caller, tally } = running;
    await this.barrier.waitFor(LEDGER, await this.store.lastOf(account.category));
    running.accounts = await this.#countCandidates(date);
    await eachInFlight(this.#candidates(date), this.#stopping.signal, async (accountId) => {
      await this.#one(running, accountId);
      running.done += 1;
    });
    if (dryRun || this.#stopping.signal.aborted) return;
    const metadata = metadataOf({ runId }, 'finish', caller);
    await this.#handling.handle(runId, { definition: FinishCollectionsRun, data: { report: tally.report }, metadata });
  }

  async #one({ date, runId, policy, dryRun, caller, tally }: Running, accountId: string): Promise<void> {
    try {
      if (dryRun) return tally.done(await this.#whatIf(accountId, policy, date));
      const metadata = metadataOf({ runId }, accountId, caller);
      const command = { definition: CollectAccount, data: { on: date, policy }, metadata };
      const { events } = await this.#handling.handle(accountId, command);
      tally.done(events);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      tally.failed(accountId, error);
    }
  }

  async #whatIf(accountId: string, policy: CollectionPolicyVersion, date: string): Promise<readonly AccountEvent[]> {
    const { state } = await this.#handling.current(accountId, account);
    return collectionsOn(state, policy, date, accountId);
  }

  async #countCandidates(date: string): Promise<number> {
    const { rows } = await sql<{ accounts: string }>`
      select count(*) as accounts from (${candidatesOn(date)}) as c`.execute(this.db.sql);
    return Number(rows[0]?.accounts ?? 0);
  }

  async *#candidates(date: string): AsyncGenerator<string> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await sql<{ account_id: string }>`
        select account_id from (${candidatesOn(date)}) as c
        where account_id > ${after}::uuid order by account_id limit ${CANDIDATES_PER_PAGE}`.execute(this.db.sql);
      for (const { account_id: accountId } of rows) yield accountId;
      const last = rows.at(-1);
      if (!last) return;
      after = last.account_id;
    }
  }
}

/**
 * Accounts with a bill past due or suspended service; and those that the run has acted on before it was interrupted, of which
 * neither may be true any more.
 */
function candidatesOn(date: string) {
  return sql`
    select account_id from bills where open > 0 and due_on < ${date}::date
    union select account_id from suspensions
    union select account_id from collections_days where last_on >= ${date}::date`;
}

function runIdOf(date: string): string {
  return `collections-${date}`;
}

function keyOf(date: string, dryRun: boolean): string {
  return dryRun ? `${date} dry` : date;
}
