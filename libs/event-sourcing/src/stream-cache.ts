import { LRUCache } from 'lru-cache';
import { type Decider } from './decider.js';
import { type DomainEvent } from './domain-event.js';
import { type EventStore, NEW_STREAM } from './event-store.js';
import { GENESIS_HASH } from './hash-chain.js';

/** A stream as command handling knows it at one revision. */
export interface StreamState<State> {
  readonly folded: State;
  readonly revision: bigint;
  /** Hash of the last event. */
  readonly hash: string;
  /** Recorded time of the last event; empty for a new stream. */
  readonly recordedAt: string;
  /** Revision of the first event of every command in the stream, by command id. */
  readonly commands: Map<string, number>;
}

/**
 * Folded streams by name, so that a hot command costs one append and no read. May be stale when another process writes:
 * that is safe because every append carries the revision, and cured by {@link forget}.
 */
export class StreamCache {
  readonly #streams: LRUCache<string, StreamState<unknown>>;

  constructor(
    private readonly store: EventStore,
    maxEvents: number,
  ) {
    this.#streams = new LRUCache({ maxSize: maxEvents, sizeCalculation: ({ revision }) => Number(revision) + 2 });
  }

  async get<State, Event extends DomainEvent>(
    stream: string,
    decider: Decider<State, Event>,
    isNew: boolean,
  ): Promise<StreamState<State>> {
    const cached = this.#streams.get(stream) as StreamState<State> | undefined;
    return cached ?? (isNew ? emptyStream(decider) : this.#read(stream, decider));
  }

  has(stream: string): boolean {
    return this.#streams.has(stream);
  }

  put<State>(stream: string, state: StreamState<State>): void {
    this.#streams.set(stream, state);
  }

  forget(stream: string): void {
    this.#streams.delete(stream);
  }

  /** The stream as it is now, whoever has written to it. */
  async current<State, Event extends DomainEvent>(
    stream: string,
    decider: Decider<State, Event>,
  ): Promise<StreamState<State>> {
    const cached = this.#streams.get(stream) as StreamState<State> | undefined;
    const state = await this.#read(stream, decider, cached);
    this.put(stream, state);
    return state;
  }

  async #read<State, Event extends DomainEvent>(
    stream: string,
    decider: Decider<State, Event>,
    known: StreamState<State> = emptyStream(decider),
  ): Promise<StreamState<State>> {
    const state = { ...known };
    for await (const event of this.store.readStream(stream, { from: known.revision + 1n })) {
      const { commandId, schemaVersion } = event.metadata;
      state.folded = decider.evolve(state.folded, decider.events.read(event.type, schemaVersion, event.data));
      state.revision = event.revision;
      state.hash = event.metadata.hash;
      state.recordedAt = event.metadata.recordedAt;
      if (!state.commands.has(commandId)) state.commands.set(commandId, Number(event.revision));
    }
    return state;
  }
}

function emptyStream<State, Event extends DomainEvent>(decider: Decider<State, Event>) {
  return {
    folded: decider.initialState,
    revision: NEW_STREAM,
    hash: GENESIS_HASH,
    recordedAt: '',
    commands: new Map<string, number>(),
  };
}
