import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import { type ExpectedRevision } from '../store/consistency.js';
import { type MessageBatch } from '../wire/message-batch.js';
import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { type ProposedEvent } from '../wire/recorded-event.js';
import { readUuid } from '../wire/uuid.js';
import {
  proposedSize,
  readProposedMessage,
  requireOptions,
  streamOptionHandlers,
  type StreamOptions,
} from './append-request.js';
import { AppendRefused, encodeResult, errorStatus } from './batch-status.js';
import { type ServiceContext } from './context.js';
import { ResponseQueue } from './response-queue.js';
import { toRpcError } from './rpc-error.js';

/** An append whose messages are still arriving. */
interface PendingAppend {
  stream: string;
  expected: ExpectedRevision;
  events: ProposedEvent[];
  size: number;
  timeout?: NodeJS.Timeout;
}

interface BatchRequest {
  /** The id as it came; the answer carries the same bytes. */
  correlation: Buffer;
  options?: StreamOptions & { deadline?: number };
  messages: ProtobufReader[];
  isFinal: boolean;
}

/** Appends of one call that may wait for the disk before the call is read on. */
const MAX_WAITING = 2000;

/** `Streams/BatchAppend`: many appends over one long call, told apart by correlation ids. */
export class BatchAppend {
  readonly #pending = new Map<string, PendingAppend>();
  readonly #responses: ResponseQueue;
  #waiting = 0;

  constructor(
    private readonly context: ServiceContext,
    private readonly call: ServerDuplexStream<Buffer, MessageBatch>,
  ) {
    this.#responses = new ResponseQueue(call);
    call.on('data', (bytes: Buffer) => this.#receive(bytes));
    call.on('end', () => this.#finishWhenIdle());
    call.on('error', () => undefined);
    call.on('cancelled', () => this.#pending.forEach(({ timeout }) => clearTimeout(timeout)));
  }

  #receive(bytes: Buffer): void {
    let request: BatchRequest;
    let id: string;
    try {
      request = decodeRequest(bytes);
      id = readUuid(new ProtobufReader(request.correlation)) ?? '';
    } catch (error) {
      this.call.emit('error', toRpcError(error));
      return;
    }
    try {
      this.#accept(id, request);
    } catch (error) {
      const stream = this.#drop(id)?.stream ?? request.options?.stream;
      this.#answer(request.correlation, stream, 2, errorStatus(error));
    }
  }

  #accept(id: string, request: BatchRequest): void {
    const { options, correlation, messages, isFinal } = request;
    if (options) this.#open(id, correlation, options, isFinal);
    const append = this.#pending.get(id);
    if (!append) return;
    for (const message of messages) {
      const event = readProposedMessage(message);
      append.size += proposedSize(event);
      append.events.push(event);
    }
    const { maxAppendSize } = this.context;
    if (append.size > maxAppendSize)
      throw new AppendRefused('MaximumAppendSizeExceeded', status.INVALID_ARGUMENT, maxAppendSize);
    if (!isFinal) return;
    this.#drop(id);
    this.#write(correlation, append);
  }

  #open(id: string, correlation: Buffer, options: BatchRequest['options'] & object, isFinal: boolean): void {
    const { stream, expected } = requireOptions(options);
    this.context.access.check(this.call.metadata, 'write', stream);
    const left = options.deadline === undefined ? Infinity : options.deadline - Date.now();
    if (left <= 0) throw new AppendRefused('Timeout', status.DEADLINE_EXCEEDED);
    const append: PendingAppend = { stream, expected, events: [], size: 0 };
    this.#pending.set(id, append);
    if (isFinal || left > 2 ** 31 - 1) return;
    append.timeout = setTimeout(() => {
      const refusal = new AppendRefused('Timeout', status.DEADLINE_EXCEEDED);
      if (this.#pending.delete(id)) this.#answer(correlation, stream, 2, refusal.status);
    }, left);
  }

  #drop(id: string): PendingAppend | undefined {
    const append = this.#pending.get(id);
    clearTimeout(append?.timeout);
    this.#pending.delete(id);
    return append;
  }

  #write(correlation: Buffer, { stream, expected, events }: PendingAppend): void {
    if (++this.#waiting >= MAX_WAITING) this.call.pause();
    this.context.store.writer
      .write({
        kind: 'append',
        streams: [{ stream, expected }],
        events: events.map((event) => ({ target: 0, event })),
      })
      .then(
        (result) => this.#answer(correlation, stream, ...encodeResult(result)),
        (error: unknown) => this.#answer(correlation, stream, 2, errorStatus(error)),
      )
      .finally(() => {
        if (this.#waiting-- === MAX_WAITING) this.call.resume();
        if (this.call.readableEnded) this.#finishWhenIdle();
      });
  }

  /** `BatchAppendResp`: field 2 is an error, field 3 a success. */
  #answer(correlation: Buffer, stream: string | undefined, field: 2 | 3, outcome: ProtobufWriter): void {
    const response = new ProtobufWriter().bytes(1, correlation).message(field, outcome);
    if (stream !== undefined) response.message(4, new ProtobufWriter().string(3, stream));
    this.#responses.push(response.finish());
  }

  #finishWhenIdle(): void {
    if (this.#waiting === 0) this.#responses.end();
  }
}

function decodeRequest(bytes: Buffer): BatchRequest {
  const request: BatchRequest = { correlation: Buffer.alloc(0), messages: [], isFinal: false };
  new ProtobufReader(bytes).each({
    1: (r) => (request.correlation = r.bytes()),
    2: (r) => (request.options = decodeOptions(r.message())),
    3: (r) => request.messages.push(r.message()),
    4: (r) => (request.isFinal = r.bool()),
  });
  return request;
}

function decodeOptions(reader: ProtobufReader): BatchRequest['options'] {
  const options: StreamOptions & { deadline?: number } = {};
  const milliseconds = (r: ProtobufReader): number => {
    let total = 0;
    r.each({ 1: (f) => (total += Number(f.int64()) * 1000), 2: (f) => (total += Number(f.int64()) / 1e6) });
    return total;
  };
  reader.each({
    ...streamOptionHandlers(options),
    6: (r) => (options.deadline = milliseconds(r.message())),
    7: (r) => (options.deadline = Date.now() + milliseconds(r.message())),
  });
  return options;
}
