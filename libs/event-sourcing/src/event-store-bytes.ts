import { type ClientReadableStream, status } from '@grpc/grpc-js';
import { convertToCommandError, KurrentDBClient } from '@kurrent/kurrentdb-client';
import service from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import { type ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { Answers } from './event-store-answers.js';
import { EventStoreUnavailable, unavailable, within } from './event-store-errors.js';
import { lastInLog, lastOfStream, oneFrom, streamFrom, subscription } from './event-store-requests.js';
import { decodeRead, type RawEvent, type RawRead } from './event-store-wire.js';

/** Events of the log in their order, and how far it has been read with them. */
interface LogBatch {
  readonly events: readonly RawEvent[];
  /** Commit position up to which nothing that matches is missing; may lie beyond the last event. */
  readonly position: bigint;
  /** All there was when the reading began to follow live has been delivered. */
  readonly caughtUp: boolean;
}

const LIVE_PATIENCE_MS = 50;
/** A store that is asked for what it has, and says nothing for so long, is away. */
const SILENCE_MS = 15_000;

/**
 * Events as they are stored, byte for byte. Whoever checks hashes needs these: the official client parses every event as JSON,
 * and what is written again from that may differ from what is stored in ways nobody would see. Whoever follows the log is
 * faster with them, and whoever reads a little of it far more so: the client's own reads go through a native library that lets
 * Nagle's algorithm hold a request back until the server has acknowledged its head, 40 ms later (kurrent-io/KurrentDB-Client-Rust
 * issue 232). The connection, its discovery and its credentials are the client's own.
 *
 * Whoever reads what is there hears of a silent store after a while; whoever follows the log waits for what is still to come.
 */
export class StoredBytes {
  constructor(
    private readonly client: KurrentDBClient,
    private readonly silenceMs = SILENCE_MS,
  ) {}

  /**
   * The events of streams `<category>-…` after a position (0n: from the start), strictly in log order, each once. Goes on live
   * until `signal` aborts; with `until` it ends when all up to that position have been delivered.
   * @throws EventStoreUnavailable when the connection is lost.
   */
  async *log(options: {
    readonly after: bigint;
    readonly categories: readonly string[];
    readonly until?: bigint;
    readonly signal: AbortSignal;
  }): AsyncGenerator<LogBatch> {
    const { after, categories, until, signal } = options;
    let position = after;
    let caughtUp = false;
    const reading = { decode: decodeRead, signal, isPassed: ({ passed }: RawRead) => passed !== undefined };
    for await (const batch of this.#subscribe(after, categories, reading)) {
      const events: RawEvent[] = [];
      for (const { event, passed, caughtUp: live } of batch) {
        if (event && (until === undefined || event.position <= until)) events.push(event);
        position = event?.position ?? passed ?? position;
        caughtUp ||= live === true;
      }
      yield { events, position, caughtUp };
      if (until !== undefined && (position >= until || caughtUp)) return;
    }
  }

  /**
   * Follows streams `<category>-…` from after a position (0n: from the start), live, until `signal` aborts: what `decode`
   * makes of each answer as it comes in, while the reader may still be busy with the batch before. Batches are as large as
   * they can be for readers that are fast with large ones; once live, nothing waits for others longer than 50 ms. A batch that
   * says no more than how far the log was read waits so long for an event.
   * @throws EventStoreUnavailable when the connection is lost.
   */
  async *follow<Message>(
    options: { readonly after: bigint; readonly categories: readonly string[]; readonly signal: AbortSignal },
    decode: (answer: RawRead) => Message,
    { isLive, isPassed }: { isLive: (message: Message) => boolean; isPassed: (message: Message) => boolean },
  ): AsyncGenerator<readonly Message[]> {
    const { after, categories, signal } = options;
    let live = false;
    const patience = () => (live ? LIVE_PATIENCE_MS : Number.POSITIVE_INFINITY);
    const reading = { decode: (bytes: Buffer) => decode(decodeRead(bytes)), signal, patience, isPassed };
    for await (const batch of this.#subscribe(after, categories, reading)) {
      live ||= batch.some(isLive);
      yield batch;
    }
  }

  /**
   * A stream from one of its revisions on, in batches. A stream that does not exist is empty.
   * @param deleted what is said of a stream that was deleted for ever
   * @throws EventStoreUnavailable
   */
  async *stream(
    name: string,
    {
      from = 0n,
      limit = Number.MAX_SAFE_INTEGER,
      deleted = 'empty',
    }: { from?: bigint; limit?: number; deleted?: 'empty' | 'error' } = {},
  ): AsyncGenerator<readonly RawEvent[]> {
    try {
      for await (const batch of this.#read(streamFrom(name, from, limit), toTheEnd())) yield eventsOf(batch);
    } catch (error) {
      if (deleted === 'error' || !saysDeleted(error)) throw error;
    }
  }

  /** The last event of a stream, or undefined when the stream does not exist. @throws EventStoreUnavailable */
  async last(name: string): Promise<RawEvent | undefined> {
    return (await this.#all(lastOfStream(name)))[0];
  }

  /** So many events before a position, or before the end of the log, the last first. @throws EventStoreUnavailable */
  before(position: bigint | undefined, count: number): Promise<readonly RawEvent[]> {
    return this.#all(lastInLog(position, count));
  }

  /** The event at a position, or undefined when none begins there. @throws EventStoreUnavailable */
  async at(position: bigint): Promise<RawEvent | undefined> {
    try {
      return (await this.#all(oneFrom(position))).find((event) => event.position === position);
    } catch (error) {
      // How a store says that this is no position of its log.
      if ((error as { cause?: { code?: unknown } }).cause?.code !== status.INVALID_ARGUMENT) throw error;
      return undefined;
    }
  }

  async #all(request: ReadReq): Promise<RawEvent[]> {
    const events: RawEvent[] = [];
    for await (const batch of this.#read(request, toTheEnd())) events.push(...eventsOf(batch));
    return events;
  }

  /**
   * What is subscribed to has no end: a store that ends it, as one that shuts down may, is away, and whoever took that for the
   * end of the log would believe a part of it to be the whole.
   */
  async *#subscribe<Answer>(
    after: bigint,
    categories: readonly string[],
    reading: Reading<Answer>,
  ): AsyncGenerator<readonly Answer[]> {
    yield* this.#read(subscription(after, categories), reading);
    if (!reading.signal.aborted) throw new EventStoreUnavailable('the event store ended the subscription');
  }

  /** Everything the answer brings, in as few pieces as the reader is slow. */
  async *#read<Answer>(
    request: ReadReq,
    { decode, signal, patience = () => 0, isPassed, ends = false }: Reading<Answer>,
  ): AsyncGenerator<readonly Answer[]> {
    if (signal.aborted) return;
    const call = await this.#open(request, decode, ends);
    const answers = new Answers(call, isPassed);
    const stop = () => answers.cancel();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const next = answers.next(patience());
        const batch = await (ends ? within(this.silenceMs, next) : next);
        if (signal.aborted || !batch) return;
        yield batch;
      }
    } catch (error) {
      // Of a call that came to nothing no answer is waited for.
      stop();
      // Of the calls it makes itself, the client tells by these what only passes: a connection that broke has many codes.
      if (!signal.aborted) throw unavailable(convertToCommandError(error as Error));
    } finally {
      signal.removeEventListener('abort', stop);
      if (ends) answers.leave();
      else stop();
    }
  }

  async #open<Answer>(request: ReadReq, decode: (bytes: Buffer) => Answer, ends: boolean) {
    const opening = OwnConnection.read(this.client, request, decode);
    try {
      return await (ends ? within(this.silenceMs, opening) : opening);
    } catch (error) {
      // One that is opened after all is not wanted any more.
      opening.then(
        (late) => late.on('error', () => undefined).cancel(),
        () => undefined,
      );
      throw unavailable(error);
    }
  }
}

/** How answers are read. */
interface Reading<Answer> {
  readonly decode: (bytes: Buffer) => Answer;
  readonly signal: AbortSignal;
  /** For how many milliseconds to wait for more of a batch. */
  readonly patience?: () => number;
  /** Whether an answer says no more than how far the log was read. */
  readonly isPassed?: (answer: Answer) => boolean;
  /** The answer ends of itself, and is there to be had: silence is no part of it. */
  readonly ends?: boolean;
}

function toTheEnd(): Reading<RawRead> {
  return { decode: decodeRead, signal: new AbortController().signal, ends: true };
}

function eventsOf(batch: readonly RawRead[]): RawEvent[] {
  return batch.flatMap(({ event }) => event ?? []);
}

function saysDeleted(error: unknown): boolean {
  return (error as { type?: unknown }).type === 'stream-deleted';
}

/** Reaches the connection of a client, which is for its heirs only, for calls whose answers are wanted as they come. */
abstract class OwnConnection extends KurrentDBClient {
  static read<Answer>(
    client: OwnConnection,
    request: ReadReq,
    decode: (bytes: Buffer) => Answer,
  ): Promise<ClientReadableStream<Answer>> {
    const { GRPCStreamCreator, callArguments } = client;
    const { path } = service.StreamsService.read;
    const bytes = () => Buffer.from(request.serializeBinary());
    // A reader that is slow holds a call for as long as it likes; that the store is silent is noticed by who waits for it.
    const [metadata, options] = callArguments({}, { deadline: Infinity });
    const open = GRPCStreamCreator(service.StreamsClient, 'read', (connection) =>
      connection.makeServerStreamRequest(path, bytes, decode, request, metadata, options),
    );
    return open();
  }
}
