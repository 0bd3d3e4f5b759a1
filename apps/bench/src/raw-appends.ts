import { jsonEvent, KurrentDBClient, NO_STREAM } from '@kurrent/kurrentdb-client';
import { type StoredEvent } from '#libs/event-sourcing';
import { randomUUID } from 'node:crypto';

/** What an event of ours is to the client: the floor appends the very same bytes. */
export type Sample = Pick<StoredEvent, 'type' | 'data' | 'metadata'>;

/**
 * Appends by the official client and nothing around it: the floor that command handling is held against. Exact
 * revisions, over as many streams, with events of the same bytes.
 */
export class RawAppends implements AsyncDisposable {
  readonly #client: KurrentDBClient;
  readonly #run = randomUUID();
  readonly #revisions = new Map<number, bigint>();

  constructor(connectionString: string) {
    this.#client = KurrentDBClient.connectionString(connectionString);
  }

  /** Appends events to the stream of a number, at the revision it is known to be at. */
  async append(stream: number, events: readonly { type: string; data: object; metadata: Uint8Array }[]): Promise<void> {
    const proposed = events.map((event) =>
      jsonEvent({ ...event, data: event.data as Record<string, unknown>, id: randomUUID() }),
    );
    const streamState = this.#revisions.get(stream) ?? NO_STREAM;
    const result = await this.#client.appendToStream(`raw-${this.#run}-${stream}`, proposed, { streamState });
    this.#revisions.set(stream, result.nextExpectedRevision);
  }

  /** Reads the whole log and drops it. */
  async readAll(): Promise<number> {
    let events = 0;
    for await (const { event } of this.#client.readAll()) if (event) events += 1;
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose();
  }
}

const encoder = new TextEncoder();

/** A stored event as it was handed to the client: the data as an object, the metadata as its text. */
export function asProposed({ type, data, metadata }: Sample): { type: string; data: object; metadata: Uint8Array } {
  return { type, data: data as object, metadata: encoder.encode(JSON.stringify(metadata)) };
}
