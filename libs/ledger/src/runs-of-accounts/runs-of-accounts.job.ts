import { type RawBuilder, sql } from 'kysely';
import { v5 as uuidv5 } from 'uuid';
import {
  CommandHandling,
  type CommandMetadata,
  type EventStore,
  type ReadBarrier,
  Rejected,
} from '#libs/event-sourcing';
import { type Caller, type Database } from '#libs/platform';
import { RunClaims } from './run-claims.job.js';
import { type RunOfAccounts } from './run-of-accounts.js';
import { type Refused } from './run-report.js';

/** Namespace of the ids of a run's commands. Never changes: what a killed run had done is recognised by it. */
const NAMESPACE = '3d0a5b1e-7c34-5f6a-8f12-94d7e60c2b51';
/** Accounts at work at a time: enough that the store always has work, and no more in memory. */
const IN_FLIGHT = 32;
const CANDIDATES_PER_PAGE = 1_000;
/** A run touches every account once, so that keeping many would only push out those that are in use. */
const CACHED_EVENTS = 10_000;

/** Counts what a run comes to, account by account, in whatever order they are done. */
interface Tally<Report> {
  readonly report: Report;
  failed(accountId: string, why: Refused): void;
}

/** One account's turn in a run. */
export interface Turn<Of, Terms, Tally> {
  readonly accountId: string;
  readonly of: Of;
  readonly terms: Terms;
  readonly dryRun: boolean;
  readonly tally: Tally;
  /** Of the command on the account: its id follows from the run and the account. */
  readonly metadata: CommandMetadata;
}

/**
 * What one kind of run does, where all others do something else.
 * @typeParam Of names a run of the kind, such as its day
 * @typeParam Terms what it goes by from its beginning to its end, such as a version of a policy
 */
interface KindOfRun<Of, Begun extends { readonly date: string }, Terms, Report, Counting extends Tally<Report>, Shown> {
  readonly run: RunOfAccounts<string, Begun, Report>;
  /** Of the run's stream, and of its commands. Neither ever changes: a run that was killed is found by the one, and what it did by the other. */
  idsOf(of: Of): { readonly stream: string; readonly commands: string };
  /** @param begun what the run was begun with, when it was begun before. @throws Rejected */
  termsOf(of: Of, begun?: Begun): Terms;
  begunWith(of: Of, terms: Terms): Begun;
  /** Those of which none may have been begun before it; left out where their order does not matter. */
  laterThan?(of: Of, today: string): readonly Of[];
  /** What tells it from others of its kind where somebody looks at it. */
  shown(of: Of, begun: Begun): Shown;
  /** The projection that its candidates are read from, and the category of streams that one has to be level with. */
  readonly readModel: { readonly projection: string; readonly category: string };
  /** A query with the `account_id` of whoever may be concerned; what is done is decided on the streams alone. */
  candidates(of: Of): RawBuilder<unknown>;
  tally(): Counting;
  /** Does on an account what is to be done and counts it; in a dry run it writes nothing. @throws Rejected when the account fails */
  take(turn: Turn<Of, Terms, Counting>): Promise<void>;
}

/** How a run stands. */
export type RunStanding<Shown, Report> = Shown & {
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly dryRun: boolean;
  /** Accounts to be looked at, and how many of them are done; nothing of a run that this process does not carry out. */
  readonly progress: { readonly accounts: number; readonly done: number } | null;
  /** What it has come to so far, or in the end. */
  readonly report: Report | null;
  /** Why it ended before its end. */
  readonly error: string | null;
};

/** What is not known of a run that this process does not carry out. */
const ELSEWHERE = { dryRun: false, progress: null, report: null, error: null } as const;

/** A run under way in this process, or ended in it. */
interface Running<Of, Terms, Counting> {
  readonly of: Of;
  readonly terms: Terms;
  readonly dryRun: boolean;
  readonly caller: Caller;
  readonly tally: Counting;
  readonly progress: { accounts: number; done: number };
  state: 'running' | 'interrupted' | 'finished';
  error: string | null;
  ended: Promise<void>;
}

/** Where runs read and write. */
interface Parts {
  readonly store: EventStore;
  readonly db: Database;
  readonly barrier: ReadBarrier;
  readonly clock: () => Date;
}

/**
 * The life of runs over accounts, whatever they do to each. A run is begun, goes through its accounts, some at a time, and
 * does to each what is to be done by one command whose id follows from run and account; then it is closed with its report.
 * One that ended early, however it ended, is asked for again: what it had done is found in the accounts, counted and not done
 * twice, so that its report is that of a run nobody disturbed.
 */
export class RunsOfAccounts<
  Of,
  Begun extends { readonly date: string },
  Terms,
  Report,
  Counting extends Tally<Report>,
  Shown,
> {
  readonly #kind: KindOfRun<Of, Begun, Terms, Report, Counting, Shown>;
  readonly #handling: CommandHandling;
  /** By their streams, dry runs apart. */
  readonly #running = new Map<string, Running<Of, Terms, Counting>>();
  readonly #stopping = new AbortController();
  readonly #claims: RunClaims;

  constructor(
    private readonly parts: Parts,
    kindOn: (handling: CommandHandling) => KindOfRun<Of, Begun, Terms, Report, Counting, Shown>,
  ) {
    const { store, db, clock } = parts;
    this.#claims = new RunClaims(db);
    this.#handling = new CommandHandling(store, { cachedEvents: CACHED_EVENTS, clock });
    this.#kind = kindOn(this.#handling);
  }

  /**
   * Begins a run, or goes on with one that ended early; one that is under way in any process is answered as it stands.
   * @throws Rejected because it is finished, or not to be begun
   * @param dryRun nothing is written: neither what it does nor the run itself
   */
  async start(of: Of, { dryRun, caller }: { dryRun: boolean; caller: Caller }): Promise<RunStanding<Shown, Report>> {
    const before = this.#underWay(of, dryRun);
    if (before) return this.#standingOf(before);
    const unclaim = dryRun ? () => Promise.resolve() : await this.#claims.claim(this.#streamOf(of));
    if (!unclaim) return this.#standingElsewhere(of);
    try {
      const terms = dryRun ? this.#kind.termsOf(of) : await this.#begin(of, caller);
      // Asked for twice at once: the first has begun meanwhile.
      const meanwhile = this.#underWay(of, dryRun);
      if (!meanwhile) return this.#standingOf(this.#carryOut(of, terms, { dryRun, caller }, unclaim));
      await unclaim();
      return this.#standingOf(meanwhile);
    } catch (error) {
      await unclaim();
      throw error;
    }
  }

  #carryOut(
    of: Of,
    terms: Terms,
    { dryRun, caller }: { dryRun: boolean; caller: Caller },
    unclaim: () => Promise<void>,
  ): Running<Of, Terms, Counting> {
    const running: Running<Of, Terms, Counting> = {
      of,
      terms,
      dryRun,
      caller,
      tally: this.#kind.tally(),
      progress: { accounts: 0, done: 0 },
      state: 'running',
      error: null,
      ended: Promise.resolve(),
    };
    this.#running.set(this.#keyOf(of, dryRun), running);
    const ended = this.#run(running).finally(unclaim);
    running.ended = ended.then(
      () => void (running.state = this.#stopping.signal.aborted ? 'interrupted' : 'finished'),
      (error: unknown) => {
        running.state = 'interrupted';
        running.error = error instanceof Error ? error.message : String(error);
      },
    );
    return running;
  }

  /** @throws Rejected because no such run was begun */
  async standing(of: Of, dryRun: boolean): Promise<RunStanding<Shown, Report>> {
    const here = this.#running.get(this.#keyOf(of, dryRun));
    if (here && (dryRun || here.state !== 'interrupted')) return this.#standingOf(here);
    const { run } = this.#kind;
    const state = dryRun ? run.initialState : await this.#stored(of);
    const shown = this.#kind.shown(of, run.begunOf(state));
    if (state.status === 'finished') {
      return { ...shown, ...ELSEWHERE, state: 'finished', report: state.report };
    }
    if (await this.#claims.isClaimed(this.#streamOf(of))) return { ...shown, ...ELSEWHERE, state: 'running' };
    return here ? this.#standingOf(here) : { ...shown, ...ELSEWHERE, state: 'interrupted' };
  }

  /** Of a run that another process has claimed, or this one a moment ago. */
  async #standingElsewhere(of: Of): Promise<RunStanding<Shown, Report>> {
    const { run } = this.#kind;
    const state = await this.#stored(of);
    run.requireUnfinished(state);
    const begun = state.status === 'unknown' ? this.#kind.begunWith(of, this.#kind.termsOf(of)) : state.begun;
    return { ...this.#kind.shown(of, begun), ...ELSEWHERE, state: 'running' };
  }

  async #stored(of: Of) {
    const { run } = this.#kind;
    return (await this.#handling.current(this.#kind.idsOf(of).stream, run)).state;
  }

  /** What is under way in this process, dry runs too. */
  protected get standingsUnderWay(): RunStanding<Shown, Report>[] {
    return [...this.#running.values()].filter(({ state }) => state === 'running').map((one) => this.#standingOf(one));
  }

  /** Ends what is under way when Nest ends: it is gone on with when it is asked for again. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #underWay(of: Of, dryRun: boolean): Running<Of, Terms, Counting> | undefined {
    const running = this.#running.get(this.#keyOf(of, dryRun));
    return running?.state === 'running' ? running : undefined;
  }

  #streamOf(of: Of): string {
    return `${this.#kind.run.category}-${this.#kind.idsOf(of).stream}`;
  }

  #keyOf(of: Of, dryRun: boolean): string {
    return `${this.#kind.idsOf(of).stream}${dryRun ? ' dry' : ''}`;
  }

  #standingOf(running: Running<Of, Terms, Counting>): RunStanding<Shown, Report> {
    const { of, terms, state, dryRun, progress, tally, error } = running;
    const shown = this.#kind.shown(of, this.#kind.begunWith(of, terms));
    return { ...shown, state, dryRun, progress: { ...progress }, report: tally.report, error };
  }

  async #begin(of: Of, caller: Caller): Promise<Terms> {
    const { run } = this.#kind;
    const { stream } = this.#kind.idsOf(of);
    const state = await this.#stored(of);
    run.requireUnfinished(state);
    // What it was begun with is what it goes on with.
    if (state.status === 'started') return this.#kind.termsOf(of, state.begun);
    const today = this.parts.clock().toISOString().slice(0, 10);
    for (const later of this.#kind.laterThan?.(of, today) ?? []) {
      run.requireNoneLater((await this.#handling.current(this.#kind.idsOf(later).stream, run)).state);
    }
    const terms = this.#kind.termsOf(of);
    const data = this.#kind.begunWith(of, terms);
    await this.#handling.handle(stream, { definition: run.start, data, metadata: this.#metadata(of, 'start', caller) });
    return terms;
  }

  async #run(running: Running<Of, Terms, Counting>): Promise<void> {
    const { of, dryRun, caller, tally, progress } = running;
    const { run, readModel } = this.#kind;
    const { store, barrier } = this.parts;
    // Nobody who was recorded before the run is left out because the read model is behind.
    await barrier.waitFor(readModel.projection, await store.lastOf(readModel.category));
    progress.accounts = await this.#countCandidates(of);
    await eachInFlight(this.#candidates(of), this.#stopping.signal, async (accountId) => {
      await this.#take(running, accountId);
      progress.done += 1;
    });
    if (dryRun || this.#stopping.signal.aborted) return;
    const command = { definition: run.finish, data: { report: tally.report } };
    await this.#handling.handle(this.#kind.idsOf(of).stream, {
      ...command,
      metadata: this.#metadata(of, 'finish', caller),
    });
  }

  async #take({ of, terms, dryRun, tally, caller }: Running<Of, Terms, Counting>, accountId: string): Promise<void> {
    try {
      await this.#kind.take({ accountId, of, terms, dryRun, tally, metadata: this.#metadata(of, accountId, caller) });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      tally.failed(accountId, error);
    }
  }

  /** Who asked for the run is who acts by it; the id of each command follows from the run and what it is about. */
  #metadata(of: Of, about: string, { actor, onBehalfOf, traceparent }: Caller): CommandMetadata {
    const { commands: runId } = this.#kind.idsOf(of);
    return {
      commandId: uuidv5(about, uuidv5(runId, NAMESPACE)),
      correlationId: runId,
      causationId: runId,
      actor,
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(traceparent !== undefined && { traceparent }),
    };
  }

  async #countCandidates(of: Of): Promise<number> {
    const { rows } = await sql<{ accounts: string }>`
      select count(distinct account_id) as accounts from (${this.#kind.candidates(of)}) as candidates`.execute(
      this.parts.db.sql,
    );
    return Number(rows[0]?.accounts ?? 0);
  }

  async *#candidates(of: Of): AsyncGenerator<string> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await sql<{ account_id: string }>`
        select distinct account_id from (${this.#kind.candidates(of)}) as candidates
        where account_id > ${after}::uuid order by account_id limit ${CANDIDATES_PER_PAGE}`.execute(this.parts.db.sql);
      for (const { account_id: accountId } of rows) yield accountId;
      const last = rows.at(-1);
      if (!last) return;
      after = last.account_id;
    }
  }
}

/**
 * Does something to each of many accounts, some at a time, and ends when all have ended: so one that is asked for again finds
 * none of this at work. The first failure, and the signal, keep further accounts from being begun.
 */
async function eachInFlight(
  accounts: AsyncGenerator<string>,
  signal: AbortSignal,
  work: (accountId: string) => Promise<void>,
): Promise<void> {
  let failed = false;
  const worker = async () => {
    for (let next = await accounts.next(); !next.done; next = await accounts.next()) {
      if (failed || signal.aborted) return;
      await work(next.value);
    }
  };
  const untilOneFails = () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, untilOneFails));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
