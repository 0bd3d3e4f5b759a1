import { isNativeError } from 'node:util/types';

/** SQLSTATE classes that go away by themselves: connection trouble, rollback of a conflict, lack of resources, shutdown. */
const PASSING_STATES = ['08', '40', '53', '57'];
const PASSING_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  // A transaction that may only read: the server is the stand-by of another, after a fail-over.
  '25006',
];
/** What the driver says of a connection that broke, without a code; the last is its answer to the roll-back after it. */
const PASSING_MESSAGES = /connection terminated|timeout exceeded when trying to connect|not queryable/i;

/** What a statement names that is not there: a table, view, column or function. */
const MISSING_STATES: readonly unknown[] = ['42P01', '42703', '42883'];

/** Whether a read failed because the tables are not those of this build, but of the one before or after it. */
export function isOutdated(error: unknown): boolean {
  return isNativeError(error) && MISSING_STATES.includes((error as Error & { code?: unknown }).code);
}

/** Whether a database error is worth another try: the server is away or busy, and the statement itself is not to blame. */
export function isPassing(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code } = error as Error & { code?: unknown };
  if (typeof code !== 'string') return PASSING_MESSAGES.test(error.message);
  return PASSING_CODES.includes(code) || (code.length === 5 && PASSING_STATES.includes(code.slice(0, 2)));
}
