/*
 * Amounts are computed as whole minor units in a bigint (1234n is 12.34 USD): exact at any size, and adding two costs a
 * tenth of adding two Decimals (measured). Outside the domain an amount is always a decimal string.
 */

/**
 * Minor units of a decimal string with at most `digits` decimals (zeros beyond them say nothing and are dropped).
 * Throws a RangeError for a finer amount: a stored amount is at its minor unit, so that would be a broken log.
 */
export function parseMinor(text: string, digits: number): bigint {
  const point = text.indexOf('.');
  if (point === -1) return BigInt(digits === 0 ? text : text + '0'.repeat(digits));
  const whole = text.slice(0, point);
  const fraction = text.slice(point + 1);
  if (fraction.length === digits) return BigInt(whole + fraction);
  if (isFinerThan(fraction, digits)) throw new RangeError(`an amount has more than ${digits} decimals`);
  return BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
}

/** Whether a fraction says more than so many digits can hold. */
export function isFinerThan(fraction: string, digits: number): boolean {
  return fraction.length > digits && /[1-9]/.test(fraction.slice(digits));
}

/** The decimal string of so many minor units, with exactly `digits` decimals. */
export function formatMinor(minor: bigint, digits: number): string {
  const text = minor.toString();
  if (digits === 0) return text;
  const sign = minor < 0n ? '-' : '';
  const figures = (minor < 0n ? text.slice(1) : text).padStart(digits + 1, '0');
  return `${sign}${figures.slice(0, -digits)}.${figures.slice(-digits)}`;
}
