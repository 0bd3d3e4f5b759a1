const FIRST_MS = 2_000;
const LONGEST_MS = 3_600_000;

/**
 * How long to wait after a failed attempt: exponential with full jitter, so that many that failed together do not come
 * back together; never less than the receiver asked for.
 *
 * @param attempts made so far, at least 1
 * @param random from 0 up to 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOff(attempts: number, random: number, askedMs = 0): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 30));
  return Math.max(Math.round(most * random), askedMs);
}
