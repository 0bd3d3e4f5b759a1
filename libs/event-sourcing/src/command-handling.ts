import { setTimeout as delay } from 'node:timers/promises';
import { type z } from 'zod';
import { type CommandDefinition, type Decider } from './decider.js';
import { type DomainEvent } from './domain-event.js';
import { type EventStore, type EventToAppend } from './event-store.js';
import { EventStoreUnavailable, WrongRevision } from './event-store-errors.js';
import { link, sha256 } from './hash-chain.js';
import { type CommandMetadata } from './metadata.js';
import { Rejected } from './rejected.js';
import { StreamCache, type StreamState } from './stream-cache.js';

/** The same command id came with another body: the caller reused an idempotency key. Nothing was appended. */
export class CommandIdReused extends Error {
  override readonly name = 'CommandIdReused';
}

/** What a command did: its events as they are stored, or the first result again when the command is a retry. */
export interface CommandResult<Event extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly events: readonly Event[];
  /** Revision of the stream after the command. */
  readonly revision: bigint;
  /** Commit position of the command's last event: a reader that wants to see it waits for this. 0n without events. */
  readonly position: bigint;
  /** True when the command had been carried out before and this is its first result. */
  readonly repeated: boolean;
}

/** A command of any type for one decider, with its body already parsed by the command's schema. */
export interface Submitted<State, Event extends DomainEvent> {
  readonly definition: Pick<CommandDefinition<string, z.ZodType, State, Event>, 'type' | 'decider'> & {
    decide(data: never, state: State, context: { id: string; commandId: string; at: string }): readonly Event[];
  };
  readonly data: object;
  readonly metadata: CommandMetadata;
}

export interface CommandHandlingOptions {
  /** How many events' worth of folded streams stay in memory. */
  readonly cachedEvents?: number;
  readonly clock?: () => Date;
}

const MAX_TRIES = 8;
const PATIENCE_MS = 5_000;

/**
 * Carries out commands: state from the cache or the stream, `decide`, one append at the exact revision; on a conflict
 * reads what is new and decides again. A command that is already in its stream answers its first result.
 */
export class CommandHandling {
  readonly #cache: StreamCache;
  readonly #clock: () => Date;
  /** Commands on one stream queue here, so that this process never conflicts with itself. */
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    { cachedEvents = 200_000, clock = () => new Date() }: CommandHandlingOptions = {},
  ) {
    this.#cache = new StreamCache(store, cachedEvents);
    this.#clock = clock;
  }

  /** Carries out one command. @throws Rejected | CommandIdReused | EventStoreUnavailable */
  async handle<State, Event extends DomainEvent>(
    id: string,
    command: Submitted<State, Event>,
  ): Promise<CommandResult<Event>> {
    const [result] = await this.handleAll(id, [command]);
    return result!;
  }

  /**
   * Carries out several commands on one stream, each seeing what the ones before decided, in one atomic append: all of
   * their events are stored or none. Commands that are already in the stream are not decided again.
   * @param options.isNew the stream is thought not to exist, so it is not read first; that it does costs one more try.
   */
  async handleAll<State, Event extends DomainEvent>(
    id: string,
    commands: readonly Submitted<State, Event>[],
    { isNew = false }: { isNew?: boolean } = {},
  ): Promise<CommandResult<Event>[]> {
    const decider = commands[0]!.definition.decider;
    const stream = `${decider.category}-${id}`;
    return this.#inTurn(stream, async () => {
      const patience = performance.now() + PATIENCE_MS;
      for (let tries = 1; ; tries++) {
        const assumed = this.#cache.has(stream) || (isNew && tries === 1);
        try {
          return await this.#attempt(stream, id, decider, commands, isNew && tries === 1);
        } catch (error) {
          this.#cache.forget(stream);
          // No append has confirmed the state a refusal was decided on: another process may have moved it since.
          if (error instanceof Rejected && assumed) continue;
          const away = error instanceof EventStoreUnavailable;
          if (!(away || error instanceof WrongRevision) || tries === MAX_TRIES) throw error;
          // A conflict is settled by reading again at once; an outage is given a little time, and then the caller is told.
          if (away && performance.now() > patience) throw error;
          if (away) await delay(Math.min(50 * 2 ** tries, 2_000));
        }
      }
    });
  }

  /** What a stream has come to by now, whoever wrote to it: for what is computed before a command is sent. */
  async current<State, Event extends DomainEvent>(
    id: string,
    decider: Decider<State, Event>,
  ): Promise<{ readonly state: State; readonly revision: bigint }> {
    const stream = `${decider.category}-${id}`;
    return this.#inTurn(stream, async () => {
      const { folded: state, revision } = await this.#cache.current(stream, decider);
      return { state, revision };
    });
  }

  /**
   * Finds out whether a command would be refused, and appends nothing: a courtesy before a command on another stream. Things
   * may change before the command itself comes, so what must hold is decided then. @throws Rejected | EventStoreUnavailable
   */
  async rehearse<State, Event extends DomainEvent>(id: string, command: Submitted<State, Event>): Promise<void> {
    const { definition, data, metadata } = command;
    const { state } = await this.current(id, definition.decider);
    definition.decide(data as never, state, { id, commandId: metadata.commandId, at: this.#clock().toISOString() });
  }

  async #attempt<State, Event extends DomainEvent>(
    stream: string,
    id: string,
    decider: Decider<State, Event>,
    commands: readonly Submitted<State, Event>[],
    isNew: boolean,
  ): Promise<CommandResult<Event>[]> {
    const assumed = isNew || this.#cache.has(stream);
    const before = await this.#cache.get(stream, decider, isNew);
    const batch = new Batch(stream, id, decider, before, this.#clock().toISOString());
    const decided = [];
    for (const command of commands) decided.push({ command, made: batch.decide(command) });
    const { toAppend } = batch;
    if (assumed && toAppend.length === 0 && decided.some(({ made }) => made !== undefined)) {
      // No append confirms the state on which there was nothing to do: another process may have moved it since.
      const { revision } = await this.#cache.current(stream, decider);
      if (revision !== before.revision) return this.#attempt(stream, id, decider, commands, false);
    }
    const appended =
      toAppend.length > 0
        ? await this.store.append(stream, before.revision, toAppend)
        : { revision: before.revision, position: 0n };
    this.#cache.put(stream, batch.state());
    const repeated = decided.filter(({ made }) => made === undefined).map(({ command }) => command);
    const first = repeated.length > 0 ? await this.#firstResults(stream, id, decider, before, repeated) : new Map();
    return decided.map(({ command, made }): CommandResult<Event> =>
      made
        ? { id, events: made, ...appended, position: made.length > 0 ? appended.position : 0n, repeated: false }
        : (first.get(command.metadata.commandId) as CommandResult<Event>),
    );
  }

  /** Answers retries from the stream itself, which is the only memory of results there is. */
  async #firstResults<State, Event extends DomainEvent>(
    stream: string,
    id: string,
    { events: registry }: Decider<State, Event>,
    { commands }: StreamState<State>,
    repeated: readonly Submitted<State, Event>[],
  ): Promise<Map<string, CommandResult<Event>>> {
    const hashes = new Map(repeated.map((command) => [command.metadata.commandId, commandHash(command)]));
    const results = new Map<string, CommandResult<Event>>();
    const from = Math.min(...[...hashes.keys()].map((commandId) => commands.get(commandId)!));
    for await (const event of this.store.readStream(stream, { from: BigInt(from) })) {
      const { commandId, commandHash: hash, schemaVersion } = event.metadata;
      const expected = hashes.get(commandId);
      // One command is what a live retry asks for, and its events stand together: no need to read on.
      if (expected === undefined && results.size === hashes.size) break;
      if (expected === undefined) continue;
      if (expected !== hash) throw new CommandIdReused(`command ${commandId} was carried out before with another body`);
      const events = [...(results.get(commandId)?.events ?? []), registry.read(event.type, schemaVersion, event.data)];
      results.set(commandId, { id, events, revision: event.revision, position: event.position, repeated: true });
    }
    return results;
  }

  /** Runs work on a stream after all earlier work on it has ended, well or badly. */
  #inTurn<Result>(stream: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(stream);
    const turn = before ? before.then(work, work) : work();
    this.#tails.set(stream, turn);
    const leave = () => {
      if (this.#tails.get(stream) === turn) this.#tails.delete(stream);
    };
    turn.then(leave, leave);
    return turn;
  }
}

function commandHash(command: { definition: { type: string }; data: object }): string {
  return sha256(`${command.definition.type}\n${JSON.stringify(command.data)}`);
}

/** Decides commands one after the other on a stream and collects what is to be appended, linked by their hashes. */
class Batch<State, Event extends DomainEvent> {
  readonly toAppend: EventToAppend[] = [];
  readonly #commands = new Map<string, number>();
  #folded: State;
  #revision: bigint;
  #hash: string;
  readonly #at: string;

  constructor(
    private readonly stream: string,
    private readonly id: string,
    private readonly decider: Decider<State, Event>,
    private readonly before: StreamState<State>,
    now: string,
  ) {
    this.#folded = before.folded;
    this.#revision = before.revision;
    this.#hash = before.hash;
    // Recorded time never goes backwards within a stream, whatever the clocks of the writers say.
    this.#at = now > before.recordedAt ? now : before.recordedAt;
  }

  /** The events of a command, or undefined when the stream already holds it. */
  decide(command: Submitted<State, Event>): readonly Event[] | undefined {
    const { commandId } = command.metadata;
    if (this.before.commands.has(commandId) || this.#commands.has(commandId)) return undefined;
    const context = { id: this.id, commandId, at: this.#at };
    const made = command.definition.decide(command.data as never, this.#folded, context);
    if (made.length === 0) return made;
    this.#commands.set(commandId, Number(this.#revision) + 1);
    const hash = commandHash(command);
    for (const event of made) this.#add(event, command.metadata, hash);
    return made;
  }

  #add(event: Event, metadata: CommandMetadata, commandHash: string): void {
    const { decider, stream } = this;
    decider.events.check(event);
    this.#revision += 1n;
    const linked = link(
      { stream, revision: this.#revision, type: event.type, data: event.data },
      {
        ...metadata,
        commandHash,
        schemaVersion: decider.events.versionOf(event.type),
        recordedAt: this.#at,
        previousHash: this.#hash,
      },
    );
    this.#hash = linked.hash;
    this.#folded = decider.evolve(this.#folded, event);
    this.toAppend.push({ id: linked.id, type: event.type, data: event.data, metadataJson: linked.metadataJson });
  }

  /** The stream after the append. */
  state(): StreamState<State> {
    const { commands } = this.before;
    for (const [commandId, revision] of this.#commands) commands.set(commandId, revision);
    return {
      folded: this.#folded,
      revision: this.#revision,
      hash: this.#hash,
      recordedAt: this.toAppend.length > 0 ? this.#at : this.before.recordedAt,
      commands,
    };
  }
}
