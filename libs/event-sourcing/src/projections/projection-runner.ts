import { setTimeout as delay } from 'node:timers/promises';
import { type Database, isPassing } from '#libs/platform';
import { AheadOfLog, requireSameLog } from '../ahead-of-log.js';
import { type EventStore } from '../event-store.js';
import { EventStoreUnavailable } from '../event-store-errors.js';
import { failJob, type Job, JobEnded, openJobs } from './jobs.js';
import { VersionLocks } from './locks.js';
import { type AnyProjection } from './projection.js';
import { HeldElsewhere, VersionChange } from './version-change.js';
import { VersionWriter } from './version-writer.js';
import { install, noteError, schemaOf, shownVersion, Superseded, take, type Version } from './versions.js';

interface RunnerOptions {
  /** Most events applied in one transaction. */
  readonly batchSize?: number;
  /** So long a projection that has stopped is left alone before it is tried again. */
  readonly retryStoppedMs?: number;
  readonly onStopped?: (projection: string, error: Error) => void;
  readonly onProgress?: (projection: string, position: bigint, events: number) => void;
  /** Told once for each time the runner has to wait for something outside itself. */
  readonly onWaiting?: (reason: string) => void;
  /** Told when another version has taken its place in service, or a job has failed. */
  readonly onJob?: (job: Job, error?: Error) => void;
}

type Batch = Parameters<VersionWriter['apply']>[0];

/** The version in service was written by other code than this build's. */
class CodeChanged extends Error {
  override readonly name = 'CodeChanged';
}

const RETRY_MS = 250;
const ASK_AGAIN_MS = 500;
const RETRY_STOPPED_MS = 10_000;
/** Versions are numbered from 1; the lock of this one is for the job on a projection. */
const NO_VERSION = 0;

/**
 * Keeps projections up to date from one catch-up subscription, and puts other versions of them in service when asked to.
 * Each projection has its own transaction and checkpoint: one that cannot go on stops, named with its event, while the
 * others continue, and is tried again now and then. Never skips an event, never applies one twice, never writes beside
 * another runner or into what other code has written.
 */
export class ProjectionRunner {
  readonly #writers = new Map<AnyProjection, VersionWriter>();
  readonly #stopped = new Map<AnyProjection, { readonly message: string; readonly at: number }>();
  readonly #jobs = new Map<string, Promise<void>>();
  #changed = new AbortController();
  #waitingFor: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly projections: readonly AnyProjection[],
    private readonly options: RunnerOptions = {},
  ) {}

  /**
   * Installs the projections and follows the log until `signal` aborts. Waits out an event store or a database that is
   * away, and on PostgreSQL another runner that is at work.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await install(this.db, this.projections);
        await VersionLocks.during(this.db, (locks) => this.#workWith(locks, signal));
      } catch (error) {
        if (error instanceof Superseded) this.#waiting(error.message);
        else if (isPassing(error)) this.#waiting('the database is away');
        else throw error;
        await pause(RETRY_MS, signal);
      }
    }
  }

  async #workWith(locks: VersionLocks, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    this.#writers.clear();
    // The first that fails ends all of them; nobody is left behind at work.
    const work = [this.#followAll(locks, either), this.#watch(locks, either), this.#doJobs(locks, either)].map((one) =>
      one.catch((error: unknown) => {
        ended.abort();
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(work);
    await Promise.allSettled(this.#jobs.values());
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  readonly #waiting = (reason: string): void => {
    if (reason !== this.#waitingFor) this.options.onWaiting?.(reason);
    this.#waitingFor = reason;
  };

  /** Follows the log with whatever projections are this runner's to write, beginning anew whenever that changes. */
  async #followAll(locks: VersionLocks, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#changed = new AbortController();
      const either = AbortSignal.any([signal, this.#changed.signal]);
      for (const projection of this.#missing()) await this.#take(projection, locks);
      if (this.#writers.size === 0) {
        await pause(ASK_AGAIN_MS, either);
        continue;
      }
      try {
        await this.#follow(either);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        this.#waiting('the event store is away');
        await pause(RETRY_MS, signal);
      }
    }
  }

  /** Looks now and then whether a projection that is not written could be. */
  async #watch(locks: VersionLocks, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(ASK_AGAIN_MS, signal);
      for (const projection of this.#missing()) {
        if (!signal.aborted && (await this.#mayTake(projection, locks))) this.#changed.abort();
      }
    }
  }

  #missing(): AnyProjection[] {
    return this.projections.filter((projection) => !this.#writers.has(projection));
  }

  async #take(projection: AnyProjection, locks: VersionLocks): Promise<void> {
    if (!(await this.#mayTake(projection, locks))) return;
    const version = await shownVersion(this.db, projection.name);
    if (version.state !== 'active') return;
    const writer = await VersionWriter.take(this.db, projection, version, this.#waiting);
    try {
      await requireSameLog(this.db, this.store, schemaOf(version), writer.position);
      this.#writers.set(projection, writer);
    } catch (error) {
      if (error instanceof EventStoreUnavailable) this.#waiting('the event store is away');
      else if (error instanceof AheadOfLog) await this.#standStill(projection, version, error);
      else throw error;
    }
  }

  async #mayTake(projection: AnyProjection, locks: VersionLocks): Promise<boolean> {
    const { retryStoppedMs = RETRY_STOPPED_MS } = this.options;
    const stopped = this.#stopped.get(projection);
    if (stopped && performance.now() - stopped.at < retryStoppedMs) return false;
    const version = await shownVersion(this.db, projection.name);
    if (version.state !== 'active') return false;
    if (!(await locks.hold(version))) {
      this.#waiting('another process runs the projections');
      return false;
    }
    if (version.code === projection.code) return true;
    const { name, version: number } = version;
    const error = new CodeChanged(
      `the code of ${name} is not the one that wrote version ${number}: have it rebuilt (paybill projections rebuild ${name}), or, ` +
        `if it makes the same rows, adopted (paybill projections adopt ${name})`,
    );
    await this.#standStill(projection, version, error);
    await locks.release(version);
    return false;
  }

  /** Notes why a version cannot be gone on with, which is no fault of any event. */
  async #standStill(projection: AnyProjection, version: Version, error: Error): Promise<void> {
    const [checkpoint] = await take(this.db, version);
    if (checkpoint) {
      await noteError(this.db, { ...version, writer: 0 }, checkpoint, { message: error.message, position: null });
    }
    this.#stop(projection, error);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const positions = [...this.#writers.values()].map(({ position }) => position);
    const after = positions.reduce((least, position) => (position < least ? position : least));
    const categories = [...new Set([...this.#writers.keys()].map(({ category }) => category))];
    const following = this.#writers.size;
    for await (const messages of this.store.subscribe({ after, categories, signal })) {
      this.#waitingFor = undefined;
      const { batchSize = 4096 } = this.options;
      for (let from = 0; from < messages.length; from += batchSize) {
        const batch = messages.slice(from, from + batchSize);
        const passed = await this.#whileNothingIsWritten(() => this.#passOver(batch));
        for (const [projection, writer] of [...this.#writers]) {
          if (passed.has(writer)) this.#applied(projection, writer, batch.length);
          else await this.#whileNothingIsWritten(() => this.#apply(projection, writer, batch, signal));
        }
        // The others go on from where they are, not from where one was that has stopped.
        if (signal.aborted || this.#writers.size < following) return;
      }
    }
  }

  /**
   * Those that find nothing for them. Where the statement for all of them fails, each is left to move on by itself, and waits for
   * the database or stops as at any event: what is wrong with one is no trouble of the others.
   */
  async #passOver(batch: Batch): Promise<ReadonlySet<VersionWriter>> {
    try {
      return await VersionWriter.passOver(this.db, [...this.#writers.values()], batch);
    } catch {
      return new Set();
    }
  }

  #applied(projection: AnyProjection, { position }: VersionWriter, events: number): void {
    this.#stopped.delete(projection);
    this.options.onProgress?.(projection.name, position, events);
  }

  async #apply(projection: AnyProjection, writer: VersionWriter, batch: Batch, signal: AbortSignal): Promise<void> {
    try {
      await writer.apply(batch, signal);
      this.#applied(projection, writer, batch.length);
    } catch (error) {
      this.#writers.delete(projection);
      if (!(error instanceof Superseded)) return this.#stop(projection, error as Error);
      // Another version takes its place: that is no trouble. Otherwise another runner writes it, and this one begins anew.
      const shown = await shownVersion(this.db, projection.name);
      if (shown.version === writer.version && shown.state === 'active') throw error;
    }
  }

  #stop(projection: AnyProjection, error: Error): void {
    const before = this.#stopped.get(projection);
    this.#stopped.set(projection, { message: error.message, at: performance.now() });
    if (before?.message !== error.message) this.options.onStopped?.(projection.name, error);
  }

  /** One at a time: the versions in service are written, or stand still for whoever compares them. */
  #whileNothingIsWritten<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }

  /** Carries out the jobs that are for this build's code. */
  async #doJobs(locks: VersionLocks, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const job of await openJobs(this.db)) {
        const projection = this.projections.find(({ name }) => name === job.name);
        if (!projection || this.#jobs.has(job.name) || job.code !== projection.code) continue;
        const work = this.#doAlone(projection, locks, signal).finally(() => this.#jobs.delete(job.name));
        this.#jobs.set(job.name, work);
      }
      await pause(ASK_AGAIN_MS, signal);
    }
  }

  /** Carries out whatever job is there once no other process is at one of the same projection. */
  async #doAlone(projection: AnyProjection, locks: VersionLocks, signal: AbortSignal): Promise<void> {
    const { name } = projection;
    const theJob = { name, version: NO_VERSION };
    try {
      if (!(await locks.hold(theJob))) return;
      const job = (await openJobs(this.db)).find((one) => one.name === name && one.code === projection.code);
      if (job) await this.#doJob(projection, job, locks, signal);
      await locks.release(theJob);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  async #doJob(projection: AnyProjection, job: Job, locks: VersionLocks, signal: AbortSignal): Promise<void> {
    const change = new VersionChange(this.store, this.db, projection, job, {
      waiting: this.#waiting,
      hold: (version) => locks.hold(version),
      whileNothingIsWritten: (work) => this.#whileNothingIsWritten(work),
    });
    try {
      await change.run(signal);
      if (signal.aborted) return;
      this.options.onJob?.(job);
    } catch (error) {
      if (willPass(error)) return;
      await failJob(this.db, job, (error as Error).message).catch(() => undefined);
      this.options.onJob?.(job, error as Error);
    } finally {
      this.#stopped.delete(projection);
      this.#changed.abort();
    }
  }
}

/** The job stays open for another try, or is over already. */
function willPass(error: unknown): boolean {
  const kinds = [Superseded, EventStoreUnavailable, HeldElsewhere, JobEnded];
  return isPassing(error) || kinds.some((kind) => error instanceof kind);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
