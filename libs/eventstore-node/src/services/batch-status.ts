import { status } from '@grpc/grpc-js';
import { ANY, NO_STREAM, STREAM_EXISTS } from '../store/consistency.js';
import { type Refusal, type WriteResult } from '../store/write.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { encodeSuccess } from './append.js';
import { anyOf, toRpcError } from './rpc-error.js';

const rpcStatus = (code: status, message: string, details: ProtobufWriter): ProtobufWriter =>
  new ProtobufWriter().varint(1, code).string(2, message).message(3, details);

/** A refusal whose details are one of the protocol's small error messages. */
export class AppendRefused extends Error {
  readonly status: ProtobufWriter;

  constructor(kind: string, code: status, limit?: number) {
    super(kind);
    const details = new ProtobufWriter();
    if (limit !== undefined) details.varint(1, limit);
    this.status = rpcStatus(code, kind, anyOf(`event_store.client.${kind}`, details));
  }
}

/** `google.rpc.Status` of whatever went wrong with one append. */
export function errorStatus(error: unknown): ProtobufWriter {
  if (error instanceof AppendRefused) return error.status;
  const { code, details } = toRpcError(error);
  if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED)
    return new AppendRefused('AccessDenied', code).status;
  if (code === status.UNKNOWN) return new AppendRefused('Unknown', status.UNKNOWN).status;
  const badRequest = new ProtobufWriter().string(1, details);
  return rpcStatus(code, details, anyOf('event_store.client.BadRequest', badRequest));
}

/** Number and content of the field of `BatchAppendResp` that tells the outcome. */
export function encodeResult(result: WriteResult): [2 | 3, ProtobufWriter] {
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
