import {
  CommandHandling,
  CommandIdReused,
  type CommandMetadata,
  type Decider,
  type DomainEvent,
  type EventStore,
  Rejected,
  type StoredEvent,
} from '#libs/event-sourcing';
import { claimPayBillNumber } from '#libs/ledger';
import { type Act } from './act.js';
import { type Plan } from './plan.js';
import { idOf, type Subscriber, subscriberOf } from './subscriber.js';

/** Who runs what runs by itself. */
export const OPERATIONS = 'operations:1';

/**
 * What all who act in a simulation share: who there is, what time it is, and how something is done once.
 *
 * The clock stands still in each moment. What is decided in one is decided from the accounts as they were before it, by
 * recorded time: so a day that is lived again after a crash comes to the same decisions, and finds by the ids of their
 * commands what was done.
 */
export class World {
  readonly subscribers: readonly Subscriber[];
  readonly handling: CommandHandling;
  /** What was refused by a rule, by its code, since this was begun or gone on with. */
  readonly refusals = new Map<string, number>();
  /** Part of the day may have been lived already. */
  isAgain = false;
  #now = new Date(0);

  constructor(
    readonly plan: Plan,
    readonly store: EventStore,
  ) {
    this.subscribers = Array.from({ length: plan.accounts }, (_, at) => subscriberOf(plan, at + 1));
    this.handling = new CommandHandling(store, { clock: this.clock });
  }

  readonly clock = (): Date => this.#now;

  /** A moment of a day begins. */
  setClock(day: string, hour: number): void {
    this.#now = new Date(`${day}T${String(hour).padStart(2, '0')}:00:00.000Z`);
  }

  /** Submits an act, once: its id follows from the moment and what it is about. */
  async do(why: string, one: Act): Promise<void> {
    await this.notRefused(() => one.submit(this.handling, this.metadata(`${why} ${one.about}`, one.actor)));
  }

  /** What a rule refuses is part of a biller's life. @returns undefined then */
  async notRefused<Result>(what: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await what();
    } catch (error) {
      if (this.isAgain && error instanceof CommandIdReused) return undefined;
      if (!(error instanceof Rejected)) throw error;
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      return undefined;
    }
  }

  /** What a stream had come to before this moment. */
  async before<State, Event extends DomainEvent>(id: string, decider: Decider<State, Event>): Promise<State> {
    if (!this.isAgain) return (await this.handling.current(id, decider)).state;
    let state = decider.initialState;
    for await (const { type, data, metadata } of this.#eventsBefore(`${decider.category}-${id}`)) {
      state = decider.evolve(state, decider.events.read(type, metadata.schemaVersion, data));
    }
    return state;
  }

  /** The last event of a stream before this moment. */
  async latestBefore(stream: string): Promise<StoredEvent | undefined> {
    let latest: StoredEvent | undefined;
    for await (const event of this.#eventsBefore(stream)) latest = event;
    return latest;
  }

  /** The pay bill number that an account was opened with; it is claimed when it is asked for first. */
  numberOf(accountId: string): Promise<string> {
    const metadata = { ...this.metadata('number', OPERATIONS), correlationId: accountId, causationId: accountId };
    return claimPayBillNumber(this.handling, accountId, metadata);
  }

  metadata(about: string, actor: string): CommandMetadata {
    const commandId = this.idNow(about);
    return { commandId, correlationId: commandId, causationId: commandId, actor };
  }

  idNow(about: string): string {
    return idOf(this.plan.seed, this.#now.toISOString(), about);
  }

  async *#eventsBefore(stream: string): AsyncGenerator<StoredEvent> {
    const now = this.#now.toISOString();
    for await (const event of this.store.readStream(stream)) {
      if (event.metadata.recordedAt >= now) return;
      yield event;
    }
  }
}
