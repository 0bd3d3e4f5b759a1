import { type ClientReadableStream, type ServiceError, status } from '@grpc/grpc-js';
import { convertToCommandError, KurrentDBClient } from '@kurrent/kurrentdb-client';
import service from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js';
import { type ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { Answers, type Call } from './event-store-answers.js';
import { EventStoreUnavailable, unavailable, within } from './event-store-errors.js';
import { lastInLog, lastOfStream, oneFrom, streamFrom, subscription } from './event-store-requests.js';
import { decodeRead, type RawEvent, type RawRead } from './event-store-wire.js';
import { LiveLog } from './live-log.js';

/** Events of the log in their order, and how far it has been read with them. */
interface LogBatch {
  readonly events: readonly RawEvent[];
  /** Commit position up to which nothing that matches is missing; may lie beyond the last event. */
  readonly position: bigint;
  /** All there was when the reading began to follow live has been delivered. */
  readonly caughtUp: boolean;
}

/** What is followed: streams `<category>-…` from after a position (0n: from the start), live, until `signal` aborts. */
interface Followed {
  readonly after: bigint;
  readonly categories: readonly string[];
  readonly signal: AbortSignal;
}

/** In what way it is followed. */
interface Manner {
  /** For how many milliseconds a batch waits for more, as long as more comes: */
  readonly whileBehind: number;
  readonly whenLive: number;
  /** Not together with others, also once it has caught up: all that is asked for is there. */
  readonly alone?: boolean;
}

/** A store that is asked for what it has, and says nothing for so long, is away. */
const SILENCE_MS = 15_000;
const AT_ONCE: Manner = { whileBehind: 0, whenLive: 0 };
const IN_LARGE_BATCHES: Manner = { whileBehind: Number.POSITIVE_INFINITY, whenLive: 50 };

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
  readonly #live: LiveLog;

  constructor(
    private readonly client: KurrentDBClient,
    private readonly silenceMs = SILENCE_MS,
  ) {
    OwnConnection.keep(client);
    this.#live = new LiveLog((after, categories) =>
      OwnConnection.read(client, subscription(after, categories), decodeRead),
    );
  }

  /**
   * The events of streams `<category>-…` after a position, strictly in log order, each once. Goes on live until `signal`
   * aborts; with `until` it ends when all up to that position have been delivered.
   * @throws EventStoreUnavailable when the connection is lost.
   */
  async *log({ until, ...followed }: Followed & { readonly until?: bigint }): AsyncGenerator<LogBatch> {
    // Whoever reads to an end has no use for what is written meanwhile.
    const batches = this.#follow(followed, itself, { ...AT_ONCE, alone: until !== undefined });
    let position = followed.after;
    let caughtUp = false;
    for await (const batch of batches) {
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
   * What `decode` makes of each answer as it comes in, while the reader may still be busy with the batch before. Batches are
   * as large as they can be for readers that are fast with large ones; once live, nothing waits for others longer than 50 ms. A
   * batch that says no more than how far the log was read waits so long for an event.
   * @throws EventStoreUnavailable when the connection is lost.
   */
  follow<Message>(followed: Followed, decode: (answer: RawRead) => Message): AsyncGenerator<readonly Message[]> {
    return this.#follow(followed, decode, IN_LARGE_BATCHES);
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

  /** By a subscription of its own until it has caught up, and then together with the others of this process. */
  async *#follow<Message>(
    { after, categories, signal }: Followed,
    decode: (answer: RawRead) => Message,
    manner: Manner,
  ): AsyncGenerator<readonly Message[]> {
    const place = (answer: RawRead): Placed<Message> => ({ answer, message: decode(answer) });
    let at = after;
    while (!signal.aborted) {
      let together: Answers<Placed<Message>> | undefined;
      let isLive = false;
      for await (const batch of this.#alone({ after: at, categories, signal }, place, manner)) {
        yield batch.map(({ message }) => message);
        if (signal.aborted) return;
        at = placeOf(batch) ?? at;
        isLive ||= batch.some(saysLive);
        together = isLive && !manner.alone ? this.#live.join(at, categories, place, saysPassed) : undefined;
        if (together) break;
      }
      if (!together) return;
      for await (const batch of taken(together, { signal, patience: () => manner.whenLive })) {
        yield batch.map(({ message }) => message);
        at = placeOf(batch) ?? at;
      }
    }
  }

  /**
   * What is subscribed to has no end: a store that ends it, as one that shuts down may, is away, and whoever took that for the
   * end of the log would believe a part of it to be the whole.
   */
  async *#alone<Message>(
    { after, categories, signal }: Followed,
    place: (answer: RawRead) => Placed<Message>,
    { whileBehind, whenLive, alone = false }: Manner,
  ): AsyncGenerator<readonly Placed<Message>[]> {
    let isLive = false;
    const patience = () => (isLive ? whenLive : whileBehind);
    const decode = (bytes: Buffer) => place(decodeRead(bytes));
    const request = subscription(after, categories);
    const reading = { decode, signal, patience, isPassed: saysPassed, isThere: alone };
    for await (const batch of this.#read(request, reading)) {
      isLive ||= batch.some(saysLive);
      yield batch;
    }
    if (!signal.aborted) throw new EventStoreUnavailable('the event store ended the subscription');
  }

  async *#read<Answer>(request: ReadReq, reading: Decoded<Answer>): AsyncGenerator<readonly Answer[]> {
    if (reading.signal.aborted) return;
    const silenceMs = reading.ends || reading.isThere ? this.silenceMs : undefined;
    const opening = OwnConnection.read(this.client, request, reading.decode);
    let call: Call<Answer>;
    try {
      call = await withinReason(silenceMs, opening);
    } catch (error) {
      // One that is opened after all is not wanted any more.
      opening.then(
        (late) => late.on('error', () => undefined).cancel(),
        () => undefined,
      );
      throw unavailable(error);
    }
    yield* taken(new Answers(call, reading.isPassed), { ...reading, silenceMs });
  }
}

/** An answer, and what its reader makes of it. */
interface Placed<Message> {
  readonly answer: RawRead;
  readonly message: Message;
}

const itself = (answer: RawRead): RawRead => answer;
const saysLive = ({ answer }: Placed<unknown>): boolean => answer.caughtUp === true;
const saysPassed = ({ answer }: Placed<unknown>): boolean => answer.passed !== undefined;

/** How far the log has been read with a batch. */
function placeOf(batch: readonly Placed<unknown>[]): bigint | undefined {
  const { answer } =
    batch.findLast(({ answer: { event, passed } }) => event !== undefined || passed !== undefined) ?? {};
  return answer?.event?.position ?? answer?.passed;
}

/** Everything a call brings, in as few pieces as the reader is slow. */
async function* taken<Answer>(
  answers: Answers<Answer>,
  { signal, patience = () => 0, ends = false, silenceMs }: Reading,
): AsyncGenerator<readonly Answer[]> {
  const stop = () => answers.cancel();
  signal.addEventListener('abort', stop, { once: true });
  // Whoever was told before it listened is not told again.
  if (signal.aborted) stop();
  try {
    for (;;) {
      const batch = await withinReason(silenceMs, answers.next(patience()));
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

/** How answers are read. */
interface Reading {
  readonly signal: AbortSignal;
  /** For how many milliseconds to wait for more of a batch. */
  readonly patience?: () => number;
  /** The answer ends of itself. */
  readonly ends?: boolean;
  /** What is asked for is there to be had: silence is no part of it, as it is none of an answer that ends. */
  readonly isThere?: boolean;
  /** Milliseconds after which a silent store is away; waited for without end when it is left out. */
  readonly silenceMs?: number | undefined;
}

interface Decoded<Answer> extends Reading {
  readonly decode: (bytes: Buffer) => Answer;
  /** Whether an answer says no more than how far the log was read. */
  readonly isPassed?: (answer: Answer) => boolean;
}

function withinReason<Result>(milliseconds: number | undefined, work: Promise<Result>): Promise<Result> {
  return milliseconds === undefined ? work : within(milliseconds, work);
}

function toTheEnd(): Decoded<RawRead> {
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
  /**
   * The client takes a call that its caller has cancelled for a broken connection: it closes it and opens another, and a call
   * that was just being made on the first waits for ever.
   */
  static keep(client: OwnConnection): void {
    const { handleError } = client;
    client.handleError = async (connection, error) => {
      const { code, details } = error as Partial<ServiceError>;
      const isOurs = code === status.CANCELLED && details === 'Cancelled on client';
      if (!isOurs) await handleError(connection, error);
    };
  }

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
