import { type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { requireOptions, streamOptionHandlers, type StreamOptions } from './append-request.js';
import { type ServiceContext } from './context.js';
import { streamDeleted, toRpcError, wrongExpectedVersion } from './rpc-error.js';

/** `Streams/Delete` and `Streams/Tombstone`. */
export function deleteStream(
  kind: 'delete' | 'tombstone',
  context: ServiceContext,
  call: ServerUnaryCall<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
): void {
  handle(kind, context, call).then(
    (response) => callback(null, response),
    (error: unknown) => callback(toRpcError(error)),
  );
}

async function handle(
  kind: 'delete' | 'tombstone',
  context: ServiceContext,
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  const options: StreamOptions = {};
  new ProtobufReader(call.request).each({ 1: (r) => r.message().each(streamOptionHandlers(options)) });
  const { stream, expected } = requireOptions(options);
  context.access.check(call.metadata, 'delete', stream);
  const result = await context.store.writer.write({ kind, stream, expected });
  if (!result.ok) {
    const { tombstoned, actual } = result.refusals[0]!;
    throw tombstoned ? streamDeleted(stream) : wrongExpectedVersion(stream, String(expected), actual);
  }
  const position = new ProtobufWriter().varint(1, result.position!).varint(2, result.position!);
  return new ProtobufWriter().message(1, position).finish();
}
