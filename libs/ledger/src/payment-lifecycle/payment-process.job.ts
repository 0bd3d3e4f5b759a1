import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import {
  AheadOfLog,
  asOnlyRunner,
  type CommandHandling,
  type EventStore,
  EventStoreUnavailable,
  Rejected,
  requireSameLog,
  type StoredEvent,
} from '#libs/event-sourcing';
import { ADVISORY_LOCKS, type Database, isPassing } from '#libs/platform';
import { payment } from './payment.js';
import { type PaymentGateway } from './payment-gateway.js';
import { type Again, type Due, PaymentWork } from './payment-work.job.js';
import { PaymentWorker } from './payment-worker.job.js';

interface PaymentProcessOptions {
  readonly store: EventStore;
  readonly db: Database;
  /** The process's own, so that all of its commands queue and cache together. */
  readonly handling: CommandHandling;
  /** The gateways payments were asked of, by name. */
  readonly gateways: readonly PaymentGateway[];
  readonly log: Logger;
  readonly clock?: () => Date;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** How often it is looked for a payment whose time has come. */
  readonly lookEveryMs?: number;
}

const ONLY_ONE = { lock: ADVISORY_LOCKS.paymentProcess, elsewhere: 'another process carries payments' };
const RETRY_MS = 250;
const AT_ONCE = 8;

/**
 * Carries money from a payment to its account and back: asks the gateway, posts what settled, takes off what was returned
 * or charged back, sets refunds aside and has them paid; and asks again about what is unknown or overdue, with back-off.
 *
 * A reader of the log notes to which payments something happened; a worker looks at each and takes the step that follows
 * from its state. Every step may be taken again after a crash: a command's id follows from the event that made the step
 * due, and the gateway is sent the same key. One process at a time does it.
 */
export class PaymentProcess {
  readonly #work: PaymentWork;
  readonly #worker: PaymentWorker;
  readonly #clock: () => Date;
  readonly #busy = new Map<string, Promise<void>>();
  #installed: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly options: PaymentProcessOptions) {
    const { store, db, handling, gateways, random = Math.random } = options;
    this.#clock = options.clock ?? (() => new Date());
    this.#work = new PaymentWork(db);
    this.#worker = new PaymentWorker(store, handling, gateways, this.#clock, random);
  }

  /** Runs until `signal` aborts, waiting out whatever is away. */
  async run(signal: AbortSignal): Promise<void> {
    const { db, log } = this.options;
    await this.#patiently(signal, () => this.#work.install());
    const waiting = (reason: string) => log.info({ reason }, 'the payment process stands by');
    await this.#patiently(signal, () =>
      asOnlyRunner(db, ONLY_ONE, signal, waiting, async () => {
        const ended = new AbortController();
        const both = AbortSignal.any([signal, ended.signal]);
        const failing = (work: Promise<void>) => work.finally(() => ended.abort());
        const outcomes = await Promise.allSettled([failing(this.#follow(both)), failing(this.#lookAround(both))]);
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      }),
    );
  }

  /**
   * Does what is due by now, one payment after the other in the order of their ids, and ends: for whoever has a clock that
   * stands still meanwhile. Not beside {@link run}.
   */
  async catchUp(): Promise<void> {
    await (this.#installed ??= this.#work.install());
    do {
      const reached = new AbortController();
      if ((await this.#work.position()) < (await this.options.store.lastOf(payment.category))) {
        await this.#follow(reached.signal, () => reached.abort());
      }
      for (;;) {
        const due = await this.#work.due(this.#clock(), [], AT_ONCE);
        if (due.length === 0) break;
        for (const one of due) await this.#look(one);
      }
    } while ((await this.#work.position()) < (await this.options.store.lastOf(payment.category)));
  }

  /** @param onCaughtUp all that was in the log has been noted */
  async #follow(signal: AbortSignal, onCaughtUp: () => void = () => undefined): Promise<void> {
    const { store, db } = this.options;
    const after = await this.#work.position();
    await requireSameLog(db, store, this.#work.reader, after);
    const prefix = payment.category.length + 1;
    for await (const messages of store.subscribe({ after, categories: [payment.category], signal })) {
      const paymentIds: string[] = [];
      let position: bigint | undefined;
      let mark: StoredEvent | undefined;
      let caughtUp = false;
      for (const message of messages) {
        if (message.kind === 'event') {
          paymentIds.push(message.event.stream.slice(prefix));
          mark = message.event;
          ({ position } = message.event);
        } else if (message.kind === 'checkpoint') ({ position } = message);
        else caughtUp = true;
      }
      if (position !== undefined) await this.#work.note(paymentIds, position, mark);
      if (caughtUp) onCaughtUp();
      this.#wake();
    }
  }

  async #lookAround(signal: AbortSignal): Promise<void> {
    const { lookEveryMs = 200 } = this.options;
    let failure: unknown;
    while (!signal.aborted && failure === undefined) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const due = await this.#work.due(this.#clock(), [...this.#busy.keys()], AT_ONCE - this.#busy.size);
      for (const one of due) {
        const looking = this.#look(one)
          .catch((error: unknown) => (failure ??= error))
          .then(() => {
            this.#busy.delete(one.paymentId);
            this.#wake();
          });
        this.#busy.set(one.paymentId, looking);
      }
      if (due.length === 0) await pause(lookEveryMs, woken, signal);
    }
    await Promise.all(this.#busy.values());
    if (failure !== undefined) throw failure as Error;
  }

  async #look(due: Due): Promise<void> {
    let again: Again | undefined;
    try {
      again = await this.#worker.look(due);
    } catch (error) {
      if (error instanceof EventStoreUnavailable || isPassing(error)) throw error;
      // A fault about one payment is told, and keeps no other from its turn.
      const { message } = error as Error;
      this.options.log.error({ paymentId: due.paymentId, reason: message }, 'a payment cannot be carried on');
      again = this.#worker.later(due, error instanceof Rejected ? error.code : 'fault');
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
          return log.error({ reason: error.message }, 'the payment process stands still');
        }
        if (!(error instanceof EventStoreUnavailable) && !isPassing(error)) throw error;
        const reason = error instanceof EventStoreUnavailable ? 'the event store is away' : 'the database is away';
        if (reason !== told) log.warn({ reason }, 'the payment process waits');
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
