import { type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { ANY, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from '../store/consistency.js';
import { type AppendWrite, type Refusal, type WriteResult } from '../store/write.js';
import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { requireExpected, requireStream } from './append-session.js';
import { type ServiceContext } from './context.js';
import { readRecord, sizeGuard } from './record.js';
import { invalidArgument, toRpcError, type RpcError } from './rpc-error.js';
import { consistencyViolation, revisionConflict, streamTombstoned } from './v2-errors.js';

/** A write of records to many streams, in any order, with checks on these and on other streams. */
class RecordsWrite {
  readonly write: AppendWrite = { kind: 'append', streams: [], events: [] };
  /** Streams from this index on are only checked. */
  written = 0;
  readonly #targets = new Map<string, number>();
  readonly #checks = new Map<number, number>();

  constructor(context: ServiceContext, bytes: Buffer) {
    const records: ProtobufReader[] = [];
    const checks: ProtobufReader[] = [];
    new ProtobufReader(bytes).each({ 1: (r) => records.push(r.message()), 2: (r) => checks.push(r.message()) });
    if (records.length === 0) throw invalidArgument('At least one record is required');
    const guard = sizeGuard(context);
    for (const record of records) {
      const { stream, event } = readRecord(record);
      guard(stream, event);
      this.write.events.push({ target: this.#target(stream), event });
    }
    this.written = this.write.streams.length;
    checks.forEach((check, index) => this.#check(check, index));
  }

  error(refusals: Refusal[]): RpcError {
    const failed = refusals.flatMap((refusal) => {
      const index = this.#checks.get(refusal.target);
      return index === undefined ? [] : [{ index, refusal }];
    });
    if (failed.length > 0) return consistencyViolation(failed);
    const refusal = refusals[0]!;
    return refusal.tombstoned ? streamTombstoned(refusal.stream) : revisionConflict(refusal);
  }

  #target(stream: string): number {
    requireStream(stream);
    const known = this.#targets.get(stream);
    if (known !== undefined) return known;
    const target = this.write.streams.push({ stream, expected: ANY }) - 1;
    this.#targets.set(stream, target);
    return target;
  }

  #check(reader: ProtobufReader, index: number): void {
    let stream: string | undefined;
    let expected: ExpectedRevision = 0;
    reader.each({
      1: (r) => {
        stream = '';
        r.message().each({ 1: (f) => (stream = f.string()), 2: (f) => (expected = f.sint64()) });
      },
    });
    if (stream === undefined) throw invalidArgument('A check has to say what it checks');
    requireExpected(expected, [NO_STREAM, STREAM_EXISTS]);
    const target = this.#target(stream);
    this.write.streams[target]!.expected = expected;
    this.#checks.set(target, index);
  }
}

/** `StreamsService/AppendRecords`: atomic over all of its streams. */
export function appendRecords(
  context: ServiceContext,
  call: ServerUnaryCall<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
): void {
  handle(context, call).then(
    (response) => callback(null, response),
    (error: unknown) => callback(toRpcError(error)),
  );
}

async function handle(context: ServiceContext, call: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> {
  const request = new RecordsWrite(context, call.request);
  request.write.streams.forEach(({ stream }, target) => {
    context.access.check(call.metadata, target < request.written ? 'write' : 'read', stream);
  });
  const result = await context.store.writer.write(request.write);
  if (!result.ok) throw request.error(result.refusals);
  return encodeResponse(request, result);
}

function encodeResponse({ write, written }: RecordsWrite, result: WriteResult & { ok: true }): Buffer {
  const response = new ProtobufWriter();
  write.streams.slice(0, written).forEach(({ stream }, target) => {
    response.message(1, new ProtobufWriter().string(1, stream).sint64(2, result.lastRevisions[target]!));
  });
  return response.sint64(2, result.position!).finish();
}
