import { type EventStore, type StoredEvent, WrongRevision } from '#libs/event-sourcing';

/** The process died, as by kill -9: at an effect on the world outside, before it was sent or after it was answered. */
export class Killed extends Error {}

/** Kills at the n-th effect from now on. */
export class Fate {
  #left = 0;
  #when: 'before' | 'after' = 'before';

  strike(left: number, when: 'before' | 'after'): void {
    this.#left = left;
    this.#when = when;
  }

  async effect<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.#left -= 1;
    const isIt = this.#left === 0;
    if (isIt && this.#when === 'before') throw new Killed();
    const [outcome] = await Promise.allSettled([Promise.resolve().then(work)]);
    if (isIt) throw new Killed();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
}

/** The log, in memory; each append is an effect that its writer may not survive. */
export class MortalLog {
  readonly streams = new Map<string, StoredEvent[]>();
  #position = 0n;

  constructor(private readonly fate: Fate) {}

  append(stream: string, expected: bigint, events: Parameters<EventStore['append']>[2]) {
    return this.fate.effect(() => {
      const before = this.streams.get(stream) ?? [];
      if (BigInt(before.length) - 1n !== expected) throw new WrongRevision(stream);
      const stored = events.map(({ metadataJson, ...event }, index): StoredEvent => {
        const metadata = JSON.parse(metadataJson) as StoredEvent['metadata'];
        return { ...event, stream, metadata, revision: BigInt(before.length + index), position: ++this.#position };
      });
      this.streams.set(stream, [...before, ...stored]);
      return { revision: stored.at(-1)!.revision, position: this.#position };
    });
  }

  async *readStream(stream: string, { from = 0n }: { from?: bigint } = {}): AsyncGenerator<StoredEvent> {
    yield* await Promise.resolve((this.streams.get(stream) ?? []).slice(Number(from)));
  }
}
