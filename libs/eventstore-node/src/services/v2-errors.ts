import { status } from '@grpc/grpc-js';
import { type Refusal } from '../store/write.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { anyOf, detailedError, type RpcError } from './rpc-error.js';

const PACKAGE = 'kurrentdb.protocol.v2.streams.errors';
const TOMBSTONED = -100;
const DELETED = -10;

const details = (name: string, body: ProtobufWriter): ProtobufWriter => anyOf(`${PACKAGE}.${name}ErrorDetails`, body);

export const streamTombstoned = (stream: string): RpcError =>
  detailedError(
    status.FAILED_PRECONDITION,
    'STREAM_TOMBSTONED',
    `Stream '${stream}' is deleted for ever`,
    details('StreamTombstoned', new ProtobufWriter().string(1, stream)),
  );

export const revisionConflict = ({ stream, expected, actual }: Refusal): RpcError =>
  detailedError(
    status.FAILED_PRECONDITION,
    'STREAM_REVISION_CONFLICT',
    `Stream '${stream}' was expected at revision ${expected} and is at ${actual}`,
    details('StreamRevisionConflict', new ProtobufWriter().string(1, stream).sint64(2, expected).sint64(3, actual)),
  );

export const recordSizeExceeded = (stream: string, id: string, size: number, limit: number): RpcError =>
  detailedError(
    status.INVALID_ARGUMENT,
    'APPEND_RECORD_SIZE_EXCEEDED',
    `Record ${id} has ${size} bytes, at most ${limit} are taken`,
    details(
      'AppendRecordSizeExceeded',
      new ProtobufWriter().string(1, stream).string(2, id).varint(3, size).varint(4, limit),
    ),
  );

export const appendSizeExceeded = (size: number, limit: number): RpcError =>
  detailedError(
    status.ABORTED,
    'APPEND_TRANSACTION_SIZE_EXCEEDED',
    `The append has ${size} bytes or more, at most ${limit} are taken`,
    details('AppendTransactionSizeExceeded', new ProtobufWriter().varint(1, size).varint(2, limit)),
  );

export const streamAlreadyInSession = (stream: string): RpcError =>
  detailedError(
    status.ABORTED,
    'STREAM_ALREADY_IN_APPEND_SESSION',
    `Stream '${stream}' may come once in an append session`,
    details('StreamAlreadyInAppendSession', new ProtobufWriter().string(1, stream)),
  );

export const sessionWithoutRequests = (): RpcError =>
  detailedError(status.FAILED_PRECONDITION, 'APPEND_SESSION_NO_REQUESTS', 'The append session had no requests');

/** A refusal that one of the request's own checks caused, with the index of the check. */
export interface FailedCheck {
  index: number;
  refusal: Refusal;
}

export function consistencyViolation(failed: FailedCheck[]): RpcError {
  const body = new ProtobufWriter();
  for (const { index, refusal } of failed) {
    const state = new ProtobufWriter()
      .string(1, refusal.stream)
      .sint64(2, refusal.expected)
      .sint64(3, refusal.tombstoned ? TOMBSTONED : refusal.softDeleted ? DELETED : refusal.actual);
    body.message(1, new ProtobufWriter().varint(1, index).message(2, state));
  }
  const streams = failed.map(({ refusal }) => `'${refusal.stream}'`).join(', ');
  return detailedError(
    status.FAILED_PRECONDITION,
    'APPEND_CONSISTENCY_VIOLATION',
    `Consistency checks failed on ${streams}`,
    details('AppendConsistencyViolation', body),
  );
}
