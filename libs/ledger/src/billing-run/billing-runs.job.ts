import { sql } from 'kysely';
import { CommandHandling, type EventStore, type ReadBarrier, Rejected, type Submitted } from '#libs/event-sourcing';
import { type Caller, type Database } from '#libs/platform';
import { type AccountState } from '../billing/account-state.js';
import { refuse } from '../billing/rejections.js';
import { type Catalogue, type CatalogueVersion, versionNamed, versionOn } from '../catalogue/catalogue.js';
import { subscription } from '../subscriptions/subscription.js';
import { SUBSCRIPTIONS } from '../subscriptions/subscriptions.projection.js';
import { type BillingRunEvent, type BillingReport } from './billing-run-events.js';
import {
  billingRun,
  type billingRunOf,
  type BillingRunState,
  FinishBillingRun,
  requireUnfinished,
  StartBillingRun,
} from './billing-run.js';
import { BillingTally } from './billing-tally.js';
import { changedBehind, nextBill } from './next-bill.js';
import { eachInFlight, metadataOf } from './run-of-accounts.job.js';
import { type BillableAccount, SubscriptionBilling } from './subscription-billing.job.js';

const CANDIDATES_PER_PAGE = 1_000;
/** A run touches every account once, so that keeping many would only push out those that are in use. */
const CACHED_EVENTS = 10_000;
/** Somebody else bills the same account at the same time: computed again so often. */
const TRIES = 3;

type RunOf = ReturnType<typeof billingRunOf>;

/** How a run stands. */
export interface BillingRunStanding extends RunOf {
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly dryRun: boolean;
  readonly catalogue: string;
  /** Accounts of the cycle, and how many of them are done; nothing of a run that is not under way in this process. */
  readonly progress: { readonly accounts: number; readonly done: number } | null;
  /** What it has come to so far, or in the end. */
  readonly report: BillingReport | null;
  /** Why it ended before its end. */
  readonly error: string | null;
}

/** A run under way in this process, or ended in it. */
class Running {
  readonly tally = new BillingTally();
  accounts = 0;
  done = 0;
  state: BillingRunStanding['state'] = 'running';
  error: string | null = null;
  ended: Promise<void> = Promise.resolve();

  constructor(
    readonly of: RunOf,
    readonly version: CatalogueVersion,
    readonly dryRun: boolean,
    readonly caller: Caller,
  ) {}

  get standing(): BillingRunStanding {
    const { of, state, dryRun, version, accounts, done, tally, error } = this;
    return {
      ...of,
      state,
      dryRun,
      catalogue: version.version,
      progress: { accounts, done },
      report: tally.report,
      error,
    };
  }
}

/**
 * Billing runs. A run goes through the accounts of its cycle and issues their bills by the ordinary command, whose id follows
 * from run and account. One that ended early, however it ended, is asked for again: what it had billed is found in the
 * accounts, counted and not billed twice, so that its report is that of a run nobody disturbed.
 *
 * Which accounts may be due is read from the subscriptions' read model once that has all that was recorded before the run;
 * what is due is decided on the streams alone.
 */
export class BillingRuns {
  readonly #handling: CommandHandling;
  readonly #billing: SubscriptionBilling;
  /** By id, dry runs apart. */
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly barrier: ReadBarrier,
    private readonly catalogue: Catalogue,
    clock: () => Date = () => new Date(),
  ) {
    this.#handling = new CommandHandling(store, { cachedEvents: CACHED_EVENTS, clock });
    this.#billing = new SubscriptionBilling(store, this.#handling, catalogue);
  }

  /**
   * Begins a run, or goes on with one that ended early. @throws Rejected BILLING_RUN_FINISHED, CATALOGUE_NOT_YET …
   * @param dryRun nothing is written: neither bills nor the run itself
   */
  async start(of: RunOf, { dryRun, caller }: { dryRun: boolean; caller: Caller }): Promise<BillingRunStanding> {
    const key = keyOf(of, dryRun);
    if (this.#running.get(key)?.state === 'running') return this.#running.get(key)!.standing;
    const version = dryRun ? versionOn(this.catalogue, of.date) : await this.#begin(of, caller);
    // Asked for twice at once: the first has begun meanwhile.
    const already = this.#running.get(key);
    if (already?.state === 'running') return already.standing;
    const running = new Running(of, version, dryRun, caller);
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

  /** @throws Rejected BILLING_RUN_UNKNOWN */
  async standing(of: RunOf, dryRun: boolean): Promise<BillingRunStanding> {
    const running = this.#running.get(keyOf(of, dryRun));
    if (running) return running.standing;
    const { state } = dryRun ? { state: billingRun.initialState } : await this.#handling.current(of.runId, billingRun);
    return storedStanding(of, state);
  }

  /** What is under way in this process, dry runs too. */
  get underWay() {
    const running = [...this.#running.values()].filter(({ state }) => state === 'running');
    const accounts = { waiting: 0, billed: 0, skipped: 0, failed: 0 };
    for (const one of running) {
      const { report } = one.tally;
      accounts.waiting += one.accounts - one.done;
      accounts.billed += report.billed;
      accounts.failed += report.failed;
      accounts.skipped += report.accounts - report.billed - report.failed;
    }
    return { running: running.length, accounts };
  }

  /** Ends what is under way when Nest ends: it is gone on with when it is asked for again. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #begin(of: RunOf, caller: Caller): Promise<CatalogueVersion> {
    const { state } = await this.#handling.current(of.runId, billingRun);
    requireUnfinished(state);
    // What it was begun with is what it goes on with.
    if (state.status === 'started') return versionNamed(this.catalogue, state.begun.catalogue);
    const version = versionOn(this.catalogue, of.date);
    const { date, cycle } = of;
    const data = { date, cycle, catalogue: version.version };
    await this.#tell(of, { definition: StartBillingRun, data, metadata: metadataOf(of, 'start', caller) });
    return version;
  }

  async #run(running: Running): Promise<void> {
    await this.#readModelLevel();
    running.accounts = await this.#countCandidates(running.of);
    await eachInFlight(this.#candidates(running.of), this.#stopping.signal, async (accountId) => {
      await this.#one(running, accountId);
      running.done += 1;
    });
    if (running.dryRun || this.#stopping.signal.aborted) return;
    const { of, caller, tally } = running;
    const data = { report: tally.report };
    await this.#tell(of, { definition: FinishBillingRun, data, metadata: metadataOf(of, 'finish', caller) });
  }

  async #one({ of, version, dryRun, caller, tally }: Running, accountId: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const found = await this.#billing.read(accountId, ({ run }) => run === of.runId);
        const { billed } = found.state;
        if (billed && countDone(of, found.state, tally)) {
          const { from, to } = billed.arrears;
          return noteChanges(tally, accountId, found, billed.run === of.runId ? from : to);
        }
        const day = { issuedOn: of.date, run: of.runId };
        const events = dryRun
          ? this.#billing.previewOf(accountId, nextBill(found.state, found.subscriptions, day, version), found.state)
              .events
          : await this.#billing.issue(accountId, found, day, version, metadataOf(of, accountId, caller));
        tally.billed(events);
        return noteChanges(tally, accountId, found, billed?.arrears.to);
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        if (error.code === 'BILLED_MEANWHILE' && tries < TRIES) continue;
        return tally.notBilled(accountId, error);
      }
    }
  }

  async #tell(of: RunOf, command: Submitted<BillingRunState, BillingRunEvent>): Promise<void> {
    await this.#handling.handle(of.runId, command);
  }

  /** Nobody whose subscription was recorded before the run is left out because the read model is behind. */
  async #readModelLevel(): Promise<void> {
    const last = await this.store.lastOf(subscription.category);
    await this.barrier.waitFor(SUBSCRIPTIONS, last);
  }

  async #countCandidates({ date, cycle }: RunOf): Promise<number> {
    const { rows } = await sql<{ accounts: string }>`
      select count(distinct account_id) as accounts from subscriptions
      where cycle_day = ${cycle} and starts_on <= ${date}::date`.execute(this.db.sql);
    return Number(rows[0]?.accounts ?? 0);
  }

  async *#candidates({ date, cycle }: RunOf): AsyncGenerator<string> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await sql<{ account_id: string }>`
        select distinct account_id from subscriptions
        where cycle_day = ${cycle} and starts_on <= ${date}::date and account_id > ${after}::uuid
        order by account_id limit ${CANDIDATES_PER_PAGE}`.execute(this.db.sql);
      for (const { account_id: accountId } of rows) yield accountId;
      const last = rows.at(-1);
      if (!last) return;
      after = last.account_id;
    }
  }
}

function keyOf({ runId }: RunOf, dryRun: boolean): string {
  return dryRun ? `${runId} dry` : runId;
}

/** @param through the first day that had not been billed before this run; undefined when nothing had been */
function noteChanges(
  tally: BillingTally,
  accountId: string,
  { subscriptions }: BillableAccount,
  through: string | undefined,
): void {
  if (through !== undefined && changedBehind(subscriptions, through)) tally.toCorrect(accountId);
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

function storedStanding(of: RunOf, state: BillingRunState): BillingRunStanding {
  if (state.status === 'unknown') refuse('BILLING_RUN_UNKNOWN', 'no such run was begun here; begin it');
  const { catalogue } = state.begun;
  const whatever = { ...of, dryRun: false, catalogue, progress: null, error: null };
  if (state.status === 'finished') return { ...whatever, state: 'finished', report: state.report };
  return { ...whatever, state: 'interrupted', report: null };
}
