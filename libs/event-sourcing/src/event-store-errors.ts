import { status } from '@grpc/grpc-js';
import { isNativeError as isError } from 'node:util/types';

/** The stream is not at the revision the append was decided on: somebody else was faster. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';
}

/** The event store did not answer in time or is unreachable. The outcome of an append is then unknown: retry it as it is. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
}

/** What the client calls trouble that passes, and gRPC's own codes for it where the client lets them through as they are. */
const PASSING_TYPES: readonly unknown[] = [
  'unavailable',
  'cancelled',
  'timeout',
  'deadline-exceeded',
  'not-leader',
  'unknown',
];
const PASSING_CODES: readonly unknown[] = [status.CANCELLED, status.DEADLINE_EXCEEDED, status.UNAVAILABLE];

/** An error of the client, as {@link EventStoreUnavailable} when it is trouble that passes. */
export function unavailable(error: unknown): Error {
  if (!isError(error)) return new Error(String(error));
  const { type, code } = error as Error & { type?: unknown; code?: unknown };
  if (!PASSING_TYPES.includes(type) && !PASSING_CODES.includes(code)) return error;
  return new EventStoreUnavailable(error.message, { cause: error });
}

/** What some work comes to. @throws EventStoreUnavailable when it takes longer */
export async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EventStoreUnavailable(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
