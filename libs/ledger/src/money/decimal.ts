import { Decimal } from 'decimal.js';
import { parseMinor } from './minor-units.js';

/*
 * decimal.js rounds every result to `precision` significant digits without a word; its default of 20 loses cents. The
 * longest exact value a bill can reach is a quantity times a price (46 digits) after 10 percentages (10 more each) times
 * a rate (8 more). The precision is set above that, so that every product and sum is exact; it is a cap, not a cost.
 */
const ExactDecimal = Decimal.clone({ precision: 200, rounding: Decimal.ROUND_HALF_UP });

/** An exact decimal that is not money yet: a quantity, a unit price, a rate, an amount before it is rounded. */
export type Exact = Decimal;

export const EXACT_ZERO: Exact = new ExactDecimal(0);

export function exact(text: string): Exact {
  return new ExactDecimal(text);
}

/** So many minor units as an exact decimal. */
export function exactOfMinor(minor: bigint, digits: number): Exact {
  return new ExactDecimal(`${minor}e-${digits}`);
}

export function percentOf(value: Exact, percent: Exact): Exact {
  return value.times(percent).times('0.01');
}

/** Rounded half up (away from zero) to whole minor units. */
export function roundHalfUp(value: Exact, digits: number): bigint {
  return parseMinor(value.toFixed(digits, Decimal.ROUND_HALF_UP), digits);
}

/** Every digit and no exponent: how an exact decimal is stored. */
export function plainText(value: Exact): string {
  return value.toFixed();
}

/** The whole minor units of a value that is not negative, and what is left of it beyond them. */
export function wholeUnits(value: Exact, digits: number): { units: bigint; rest: Exact } {
  const units = parseMinor(value.toFixed(digits, Decimal.ROUND_DOWN), digits);
  return { units, rest: value.minus(exactOfMinor(units, digits)) };
}
