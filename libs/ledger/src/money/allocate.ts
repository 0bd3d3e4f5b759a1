/**
 * Divides whole minor units in proportion to weights by the method of the largest remainder (Hamilton): each share is
 * its exact quota rounded down, and the units left over go one each to the largest remainders, the earlier share first
 * where they are equal. So the shares always sum to the total and the same input always gives the same shares.
 *
 * A share never exceeds its weight when the total does not exceed the sum of weights. When every weight is zero the
 * shares are equal, the earlier ones taking the odd units. Negative totals and weights are a programming error.
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  if (total < 0n || weights.some((weight) => weight < 0n)) throw new RangeError('cannot allocate a negative amount');
  if (weights.length === 0) {
    if (total === 0n) return [];
    throw new RangeError('there is nothing to allocate to');
  }
  const sum = weights.reduce((left, right) => left + right, 0n);
  if (sum === 0n) {
    return allocate(
      total,
      weights.map(() => 1n),
    );
  }
  const shares = weights.map((weight) => (total * weight) / sum);
  const leftOver = Number(total - shares.reduce((left, right) => left + right, 0n));
  if (leftOver === 0) return shares;
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (total * weight) % sum }))
    .sort((left, right) => compare(right.remainder, left.remainder) || left.index - right.index);
  for (const { index } of byRemainder.slice(0, leftOver)) shares[index] = (shares[index] ?? 0n) + 1n;
  return shares;
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
