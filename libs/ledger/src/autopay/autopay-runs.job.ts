import { sql } from 'kysely';
import { CommandHandling, type EventStore, type ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Caller, type Database } from '#libs/platform';
import { account } from '../billing/account.js';
import { refuse } from '../billing/rejections.js';
import { eachInFlight, metadataOf } from '../billing-run/run-of-accounts.job.js';
import { addDays } from '../importing/calendar.js';
import { type Collecting } from '../payment-lifecycle/collecting.js';
import { LEDGER } from '../reads/ledger.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { autopayRun, FinishAutopayRun, requireDue, requireRunUnfinished, StartAutopayRun } from './autopay-run.js';
import { type AutopayReport } from './autopay-run-events.js';
import { AutopayTally } from './autopay-tally.js';
import { DueAutopay } from './due-autopay.job.js';

const CANDIDATES_PER_PAGE = 1_000;
/** A run touches every account once, so that keeping many would only push out those that are in use. */
const CACHED_EVENTS = 10_000;
/** The last debits of an enrolment that has ended are made days after its end; so long its account is looked at. */
const ENDED_DAYS = 30;

/** How a run stands. */
export interface AutopayRunStanding {
  readonly date: string;
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly dryRun: boolean;
  /** Accounts with autopay, and how many of them are done; nothing of a run that is not under way in this process. */
  readonly progress: { readonly accounts: number; readonly done: number } | null;
  readonly report: AutopayReport | null;
  /** Why it ended before its end. */
  readonly error: string | null;
}

/** A run under way in this process, or ended in it. */
class Running {
  readonly tally = new AutopayTally();
  accounts = 0;
  done = 0;
  state: AutopayRunStanding['state'] = 'running';
  error: string | null = null;
  ended: Promise<void> = Promise.resolve();

  constructor(
    readonly date: string,
    readonly dryRun: boolean,
    readonly caller: Caller,
  ) {}

  get standing(): AutopayRunStanding {
    const { date, state, dryRun, accounts, done, tally, error } = this;
    return { date, state, dryRun, progress: { accounts, done }, report: tally.report, error };
  }
}

/**
 * Autopay runs, one for each day. A run goes through the accounts with autopay, and has each decide what is due by one
 * command whose id follows from day and account. The payments it decides on are then collected under the ids that the
 * decision gave them; whatever becomes of them comes back to the account as of any other payment.
 *
 * Killed anywhere, the run is asked for again: accounts that had decided answer what they decided, payments that had been
 * asked for are there already, and the others are asked for now. So every payment is made once, and the report is that of a
 * run nobody disturbed. A run that is never asked for again is made up for by the next day's.
 */
export class AutopayRuns {
  readonly #handling: CommandHandling;
  readonly #clock: () => Date;
  readonly #due: DueAutopay;
  /** By day, dry runs apart. */
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly barrier: ReadBarrier,
    collecting: Collecting,
    clock: () => Date = () => new Date(),
  ) {
    this.#clock = clock;
    this.#handling = new CommandHandling(store, { cachedEvents: CACHED_EVENTS, clock });
    this.#due = new DueAutopay(this.#handling, collecting);
  }

  /**
   * Begins the run of a day, or goes on with one that ended early. @throws Rejected AUTOPAY_RUN_FINISHED, AUTOPAY_RUN_NOT_DUE
   * @param dryRun nothing is written, and no payment asked for
   */
  async start(date: string, { dryRun, caller }: { dryRun: boolean; caller: Caller }): Promise<AutopayRunStanding> {
    const key = keyOf(date, dryRun);
    if (this.#running.get(key)?.state === 'running') return this.#running.get(key)!.standing;
    if (!dryRun) await this.#begin(date, caller);
    // Asked for twice at once: the first has begun meanwhile.
    const already = this.#running.get(key);
    if (already?.state === 'running') return already.standing;
    const running = new Running(date, dryRun, caller);
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

  /** @throws Rejected AUTOPAY_RUN_UNKNOWN */
  async standing(date: string, dryRun: boolean): Promise<AutopayRunStanding> {
    const running = this.#running.get(keyOf(date, dryRun));
    if (running) return running.standing;
    const { state } = dryRun ? { state: autopayRun.initialState } : await this.#handling.current(date, autopayRun);
    if (state.status === 'unknown') refuse('AUTOPAY_RUN_UNKNOWN', 'no run of this day was begun here; begin it');
    const whatever = { date, dryRun: false, progress: null, error: null };
    if (state.status === 'finished') return { ...whatever, state: 'finished', report: state.report };
    return { ...whatever, state: 'interrupted', report: null };
  }

  /** Ends what is under way when Nest ends: it is gone on with when it is asked for again. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #begin(date: string, caller: Caller): Promise<void> {
    requireDue(date, this.#clock().toISOString().slice(0, 10));
    const { state } = await this.#handling.current(date, autopayRun);
    requireRunUnfinished(state);
    const data = { date, policy: autopayPolicyOn(date).version };
    await this.#handling.handle(date, {
      definition: StartAutopayRun,
      data,
      metadata: metadataOf(runOf(date), 'start', caller),
    });
  }

  async #run(running: Running): Promise<void> {
    const { date, dryRun, caller, tally } = running;
    // Nobody who enrolled before the run is left out because the read model is behind.
    await this.barrier.waitFor(LEDGER, await this.store.lastOf(account.category));
    running.accounts = await this.#countCandidates(date);
    await eachInFlight(this.#candidates(date), this.#stopping.signal, async (accountId) => {
      await this.#one(running, accountId);
      running.done += 1;
    });
    if (dryRun || this.#stopping.signal.aborted) return;
    const command = { definition: FinishAutopayRun, data: { report: tally.report } };
    await this.#handling.handle(date, { ...command, metadata: metadataOf(runOf(date), 'finish', caller) });
  }

  async #one({ date, dryRun, caller, tally }: Running, accountId: string): Promise<void> {
    const metadata = metadataOf(runOf(date), accountId, caller);
    try {
      const of = { accountId, date, metadata };
      tally.did(dryRun ? await this.#due.preview(of, this.#clock()) : await this.#due.collect(of));
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      tally.failed(accountId, error);
    }
  }

  async #countCandidates(date: string): Promise<number> {
    const { rows } = await sql<{ accounts: string }>`
      select count(*) as accounts from autopay_enrollments where ${liveOn(date)}`.execute(this.db.sql);
    return Number(rows[0]?.accounts ?? 0);
  }

  async *#candidates(date: string): AsyncGenerator<string> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await sql<{ account_id: string }>`
        select account_id from autopay_enrollments where ${liveOn(date)} and account_id > ${after}::uuid
        order by account_id limit ${CANDIDATES_PER_PAGE}`.execute(this.db.sql);
      for (const { account_id: accountId } of rows) yield accountId;
      const last = rows.at(-1);
      if (!last) return;
      after = last.account_id;
    }
  }
}

function keyOf(date: string, dryRun: boolean): string {
  return dryRun ? `${date} dry` : date;
}

function liveOn(date: string) {
  return sql`(status in ('active', 'suspended') or changed_on > ${addDays(date, -ENDED_DAYS)}::date)`;
}

function runOf(date: string) {
  return { runId: `autopay-${date}` };
}
