import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import {
  AheadOfLog,
  asOnlyRunner,
  type EventStore,
  EventStoreUnavailable,
  Rejected,
  requireSameLog,
  type StoredEvent,
} from '#libs/event-sourcing';
import { ADVISORY_LOCKS, type Database, isPassing } from '#libs/platform';
import { type Again, type Due, StreamWork, type WorkOf } from './stream-work.job.js';

/** Takes the steps that follow from the state of one stream, as far as they go. */
export interface StreamWorker {
  /** @returns when to look again, undefined when that is not needed until something happens. @throws EventStoreUnavailable */
  look(due: Due): Promise<Again | undefined>;
  /** When to look again after trying in vain. */
  later(due: Due, trouble?: string): Again;
}

export interface ProcessOptions {
  readonly store: EventStore;
  readonly db: Database;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** How often it is looked for a stream whose time has come. */
  readonly lookEveryMs?: number;
}

/** What is carried on by a process. */
interface Carried {
  /** Of the streams. */
  readonly category: string;
  readonly work: WorkOf;
  readonly lock: keyof typeof ADVISORY_LOCKS;
  /** How many streams are looked at side by side. */
  readonly atOnce: number;
  readonly worker: StreamWorker;
}

const RETRY_MS = 250;

/**
 * Carries on what needs several steps in several streams. A reader of the log notes in which streams of a category something
 * happened; a worker looks at each and takes the step that follows from its state. Every step may be taken again after a
 * crash, so whoever was killed between two of them finds the same step again. One process at a time does it.
 */
export class StreamProcess {
  readonly #work: StreamWork;
  readonly #clock: () => Date;
  readonly #name: string;
  readonly #busy = new Map<string, Promise<void>>();
  /** All of the category up to here was noted by {@link catchUp}. */
  #noted: bigint | undefined;
  #wake: () => void = () => undefined;

  constructor(
    private readonly options: ProcessOptions,
    private readonly carried: Carried,
  ) {
    this.#work = new StreamWork(options.db, carried.work);
    this.#clock = options.clock ?? (() => new Date());
    this.#name = carried.work.schema.replaceAll('_', ' ');
  }

  /** Runs until `signal` aborts, waiting out whatever is away. */
  async run(signal: AbortSignal): Promise<void> {
    const { db, log } = this.options;
    await this.#patiently(signal, () => this.#work.install());
    const waiting = (reason: string) => log.info({ reason }, `the ${this.#name} stands by`);
    const lock = ADVISORY_LOCKS[this.carried.lock];
    const onlyOne = { lock, elsewhere: `another process is the ${this.#name}` };
    await this.#patiently(signal, () =>
      asOnlyRunner(db, onlyOne, signal, waiting, async () => {
        const ended = new AbortController();
        const both = AbortSignal.any([signal, ended.signal]);
        const failing = (work: Promise<void>) => work.finally(() => ended.abort());
        const outcomes = await Promise.allSettled([failing(this.#follow(both)), failing(this.#lookAround(both))]);
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      }),
    );
  }

  /**
   * Does what is due by now, one stream after the other in the order of their ids, and ends: for whoever has a clock that
   * stands still meanwhile. Not beside {@link run}.
   */
  async catchUp(): Promise<void> {
    const { store } = this.options;
    const { category, atOnce } = this.carried;
    if (this.#noted === undefined) await this.#work.install();
    let noted: bigint = this.#noted ?? (await this.#work.position());
    for (;;) {
      const last = await store.lastOf(category);
      if (noted < last) {
        const reached = new AbortController();
        await this.#follow(reached.signal, () => reached.abort());
        noted = last;
      }
      this.#noted = noted;
      let looked = 0;
      for (let due: readonly Due[] | undefined; due === undefined || due.length === atOnce; looked += due.length) {
        due = await this.#work.due(this.#clock(), [], atOnce);
        for (const one of due) await this.#look(one);
      }
      // What was looked at is due again later, or when what happened in it has been noted.
      if (looked === 0 || noted >= (await store.lastOf(category))) return;
    }
  }

  /** @param onCaughtUp all that was in the log has been noted */
  async #follow(signal: AbortSignal, onCaughtUp: () => void = () => undefined): Promise<void> {
    const { store, db } = this.options;
    const after = await this.#work.position();
    await requireSameLog(db, store, this.#work.reader, after);
    const { category } = this.carried;
    const prefix = category.length + 1;
    for await (const messages of store.subscribe({ after, categories: [category], signal })) {
      const ids: string[] = [];
      let position: bigint | undefined;
      let mark: StoredEvent | undefined;
      let caughtUp = false;
      for (const message of messages) {
        if (message.kind === 'event') {
          ids.push(message.event.stream.slice(prefix));
          mark = message.event;
          ({ position } = message.event);
        } else if (message.kind === 'checkpoint') ({ position } = message);
        else caughtUp = true;
      }
      if (position !== undefined) await this.#work.note(ids, position, mark);
      if (caughtUp) onCaughtUp();
      this.#wake();
    }
  }

  async #lookAround(signal: AbortSignal): Promise<void> {
    const { lookEveryMs = 200 } = this.options;
    let failure: unknown;
    while (!signal.aborted && failure === undefined) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const due = await this.#work.due(this.#clock(), [...this.#busy.keys()], this.carried.atOnce - this.#busy.size);
      for (const one of due) {
        const looking = this.#look(one)
          .catch((error: unknown) => (failure ??= error))
          .then(() => {
            this.#busy.delete(one.id);
            this.#wake();
          });
        this.#busy.set(one.id, looking);
      }
      if (due.length === 0) await pause(lookEveryMs, woken, signal);
    }
    await Promise.all(this.#busy.values());
    if (failure !== undefined) throw failure as Error;
  }

  async #look(due: Due): Promise<void> {
    let again: Again | undefined;
    try {
      again = await this.carried.worker.look(due);
    } catch (error) {
      if (error instanceof EventStoreUnavailable || isPassing(error)) throw error;
      // A fault about one stream is told, and keeps no other from its turn.
      const { message } = error as Error;
      this.options.log.error(
        { [this.carried.work.id]: due.id, reason: message },
        `the ${this.#name} cannot carry one on`,
      );
      again = this.carried.worker.later(due, error instanceof Rejected ? error.code : 'fault');
    }
    await this.#work.looked(due, again);
  }

  /** Begins work anew whenever something it needs has been away; ends it when the log is not the one it knows. */
  async #patiently(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { log } = this.options;
    let told: string | undefined;
    while (!signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof AheadOfLog) {
          return log.error({ reason: error.message }, `the ${this.#name} stands still`);
        }
        if (!(error instanceof EventStoreUnavailable) && !isPassing(error)) throw error;
        const reason = error instanceof EventStoreUnavailable ? 'the event store is away' : 'the database is away';
        if (reason !== told) log.warn({ reason }, `the ${this.#name} waits`);
        told = reason;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

async function pause(ms: number, woken: Promise<void>, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  await Promise.race([woken, delay(ms, undefined, { signal: either }).catch(() => undefined)]);
  enough.abort();
}
