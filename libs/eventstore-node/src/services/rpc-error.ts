import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { MalformedMessage } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';

/** An answer other than OK, in the shape grpc-js sends. */
export class RpcError extends Error implements StatusObject {
  constructor(
    readonly code: status,
    readonly details: string,
    readonly metadata = new Metadata(),
  ) {
    super(details);
  }
}

/** Trailers are ASCII; names that are not are percent-encoded. */
const ascii = (value: string): string => (/^[ -~]*$/.test(value) ? value : encodeURIComponent(value));

/** A version 1 error: clients recognise it by its `exception` trailer. */
function exception(code: status, details: string, kind: string, trailers: Record<string, string> = {}): RpcError {
  const metadata = new Metadata();
  metadata.set('exception', kind);
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, ascii(value));
  return new RpcError(code, details, metadata);
}

export const invalidArgument = (details: string): RpcError => new RpcError(status.INVALID_ARGUMENT, details);

export const accessDenied = (): RpcError => exception(status.PERMISSION_DENIED, 'Access denied', 'access-denied');

export const unauthenticated = (): RpcError => new RpcError(status.UNAUTHENTICATED, 'Valid credentials are required');

export const streamDeleted = (stream: string): RpcError =>
  exception(status.FAILED_PRECONDITION, `Stream '${stream}' is deleted for ever`, 'stream-deleted', {
    'stream-name': stream,
  });

// Clients without access to trailers take the refusal apart by this text, hence its form.
export const wrongExpectedVersion = (stream: string, expected: string, actual: number): RpcError =>
  exception(
    status.FAILED_PRECONDITION,
    `Refused: WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    'wrong-expected-version',
    { 'stream-name': stream, 'expected-version': expected, 'actual-version': String(actual) },
  );

export const appendTooLarge = (limit: number): RpcError =>
  exception(status.INVALID_ARGUMENT, `An append takes at most ${limit} bytes`, 'maximum-append-size-exceeded', {
    'maximum-append-size': String(limit),
  });

export const eventTooLarge = (id: string, size: number, limit: number): RpcError =>
  exception(
    status.INVALID_ARGUMENT,
    `Event ${id} has ${size} bytes, at most ${limit} are taken`,
    'maximum-append-event-size-exceeded',
    { 'maximum-append-event-size': String(limit), 'event-id': id, 'proposed-append-event-size': String(size) },
  );

export const metadataMissing = (property: string): RpcError =>
  exception(
    status.INVALID_ARGUMENT,
    `The event lacks the metadata property '${property}'`,
    'missing-required-metadata-property',
    { 'required-metadata-properties': 'type,content-type' },
  );

/** `google.protobuf.Any` of a message. */
export const anyOf = (type: string, message: ProtobufWriter): ProtobufWriter =>
  new ProtobufWriter().string(1, `type.googleapis.com/${type}`).message(2, message);

/**
 * A version 2 error: `google.rpc.Status` in a binary trailer, with an ErrorInfo first and the details of the error last
 * (clients read the last one).
 */
export function detailedError(code: status, reason: string, message: string, details?: ProtobufWriter): RpcError {
  const info = new ProtobufWriter().string(1, reason).string(2, 'streams');
  const rpcStatus = new ProtobufWriter()
    .varint(1, code)
    .string(2, message)
    .message(3, anyOf('google.rpc.ErrorInfo', info));
  if (details) rpcStatus.message(3, details);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', rpcStatus.finish());
  return new RpcError(code, message, metadata);
}

/** What goes to the client for any error: what is not foreseen here is reported without its inner details. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof MalformedMessage) return invalidArgument(`The request cannot be read: ${error.message}`);
  return error instanceof RpcError ? error : new RpcError(status.UNKNOWN, 'The event store failed to handle the call');
}
