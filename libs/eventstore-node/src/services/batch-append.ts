import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import { ANY, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from '../store/consistency.js';
import { type Refusal, type WriteResult } from '../store/write.js';
import { type MessageBatch } from '../wire/message-batch.js';
import { ProtobufReader, ProtobufWriter } from '../wire/protobuf.js';
import { type ProposedEvent } from '../wire/recorded-event.js';
import { readUuid } from '../wire/uuid.js';
import { encodeSuccess } from './append.js';
import {
  proposedSize,
  readProposedMessage,
  requireOptions,
  streamOptionHandlers,
  type StreamOptions,
} from './append-request.js';
import { type ServiceContext } from './context.js';
import { ResponseQueue } from './response-queue.js';
import { anyOf, RpcError, toRpcError } from './rpc-error.js';

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

const rpcStatus = (code: status, message: string, details: ProtobufWriter): ProtobufWriter =>
  new ProtobufWriter().varint(1, code).string(2, message).message(3, details);

/** A refusal whose details are one of the protocol's small error messages. */
class AppendRefused extends Error {
  readonly status: ProtobufWriter;

  constructor(kind: string, code: status, limit?: number) {
    super(kind);
    const details = new ProtobufWriter();
    if (limit !== undefined) details.varint(1, limit);
    this.status = rpcStatus(code, kind, anyOf(`event_store.client.${kind}`, details));
  }
}

function errorStatus(error: unknown): ProtobufWriter {
  if (error instanceof AppendRefused) return error.status;
  const { code, details } = toRpcError(error);
  if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED)
    return new AppendRefused('AccessDenied', code).status;
  if (!(error instanceof RpcError)) return new AppendRefused('Unknown', status.UNKNOWN).status;
  const badRequest = new ProtobufWriter().string(1, details);
  return rpcStatus(code, details, anyOf('event_store.client.BadRequest', badRequest));
}

function encodeResult(result: WriteResult): [2 | 3, ProtobufWriter] {
  if (result.ok) return [3, encodeSuccess(result.lastRevisions[0]!, result.position)];
  const refusal = result.refusals[0]!;
  return [2, refusal.tombstoned ? deletedStatus(refusal) : conflictStatus(refusal)];
}

function deletedStatus({ stream }: Refusal): ProtobufWriter {
  const details = new ProtobufWriter().message(1, new ProtobufWriter().string(3, stream));
  return rpcStatus(status.NOT_FOUND, 'StreamDeleted', anyOf('event_store.client.StreamDeleted', details));
}

function conflictStatus({ expected, actual }: Refusal): ProtobufWriter {
  const details = new ProtobufWriter();
  if (actual < 0) details.message(2, new ProtobufWriter());
  else details.varint(1, actual);
  if (expected === ANY) details.empty(4);
  else if (expected === STREAM_EXISTS) details.empty(5);
  else if (expected === NO_STREAM) details.empty(6);
  else details.varint(3, expected);
  return rpcStatus(
    status.ALREADY_EXISTS,
    'WrongExpectedVersion',
    anyOf('event_store.client.WrongExpectedVersion', details),
  );
}
