import { type sendUnaryData, type ServerReadableStream } from '@grpc/grpc-js';
import { ANY, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from '../store/consistency.js';
import { isInvalidStreamName } from '../store/stream-metadata.js';
import { type AppendWrite, type WriteResult } from '../store/write.js';
import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { type ServiceContext } from './context.js';
import { readRecord, sizeGuard } from './record.js';
import { invalidArgument, toRpcError } from './rpc-error.js';
import { revisionConflict, sessionWithoutRequests, streamAlreadyInSession, streamTombstoned } from './v2-errors.js';

type SessionCall = ServerReadableStream<Buffer, Buffer>;

/** `StreamsService/AppendSession`: one message per stream, all appended together or not at all. */
export function appendSession(context: ServiceContext, call: SessionCall, callback: sendUnaryData<Buffer>): void {
  collect(context, call)
    .then(async (write) => encodeResponse(write, await context.store.writer.write(write)))
    .then(
      (response) => callback(null, response),
      (error: unknown) => callback(toRpcError(error)),
    );
}

async function collect(context: ServiceContext, call: SessionCall): Promise<AppendWrite> {
  const write: AppendWrite = { kind: 'append', streams: [], events: [] };
  const names = new Set<string>();
  const guard = sizeGuard(context);
  for await (const bytes of call) {
    const { stream, expected, records } = decodeRequest(bytes as Buffer);
    context.access.check(call.metadata, 'write', stream);
    if (names.has(stream.toLowerCase())) throw streamAlreadyInSession(stream);
    names.add(stream.toLowerCase());
    const target = write.streams.push({ stream, expected }) - 1;
    for (const record of records) {
      const { event } = readRecord(record);
      guard(stream, event);
      write.events.push({ target, event });
    }
  }
  if (write.streams.length === 0) throw sessionWithoutRequests();
  return write;
}

function decodeRequest(bytes: Buffer): { stream: string; expected: ExpectedRevision; records: ProtobufReader[] } {
  let stream = '';
  let expected: ExpectedRevision = ANY;
  const records: ProtobufReader[] = [];
  new ProtobufReader(bytes).each({
    1: (r) => (stream = r.string()),
    2: (r) => records.push(r.message()),
    3: (r) => (expected = r.sint64()),
  });
  requireStream(stream);
  requireExpected(expected, [NO_STREAM, ANY, STREAM_EXISTS]);
  if (records.length === 0) throw invalidArgument('An append request needs at least one record');
  return { stream, expected, records };
}

export function requireStream(stream: string): void {
  if (isInvalidStreamName(stream)) throw invalidArgument('A stream name is required');
}

/** Refuses negative revisions that stand for nothing. */
export function requireExpected(expected: ExpectedRevision, constants: number[]): void {
  if (expected < 0 && !constants.includes(Number(expected)))
    throw invalidArgument(`${expected} is no expected revision`);
}

function encodeResponse({ streams }: AppendWrite, result: WriteResult): Buffer {
  if (!result.ok) {
    const refusal = result.refusals[0]!;
    throw refusal.tombstoned ? streamTombstoned(refusal.stream) : revisionConflict(refusal);
  }
  const response = new ProtobufWriter();
  streams.forEach(({ stream }, target) => {
    response.message(1, new ProtobufWriter().string(1, stream).sint64(2, result.lastRevisions[target]!));
  });
  return response.sint64(2, result.position!).finish();
}
