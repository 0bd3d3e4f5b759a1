import { daysBetween, type Span } from './cycle.js';

/**
 * What days of a cycle cost of its whole price, in minor units: the share of all days up to the last of them, rounded half up,
 * less the share of all days before the first, rounded the same. So however a cycle is divided into parts, the parts sum to
 * the price to the cent, the whole cycle costs the price itself, and no part is negative.
 * @param price minor units for the whole cycle
 */
export function prorated(price: bigint, cycle: Span, part: Span): bigint {
  const days = BigInt(daysBetween(cycle.from, cycle.to));
  const upTo = (day: string) => (2n * price * BigInt(daysBetween(cycle.from, day)) + days) / (2n * days);
  return upTo(part.to) - upTo(part.from);
}
