import { z } from 'zod';
import { Rejected } from '#libs/event-sourcing';
import { minorUnitDigits } from './currency.js';
import { type Exact, roundHalfUp } from './decimal.js';
import { formatMinor, isFinerThan, parseMinor } from './minor-units.js';

/** An amount of money as it travels and is stored: a decimal string and an ISO 4217 code, never a JS number. */
export interface MoneyJson {
  readonly amount: string;
  readonly currency: string;
}

/** No single amount has more digits than this before the point; a larger one is a slip of the keyboard. */
const MAX_INTEGER_DIGITS = 15;
const TOO_LARGE_BY_DIGITS = [0, 1, 2, 3].map((digits) => 10n ** BigInt(MAX_INTEGER_DIGITS + digits));

/**
 * A decimal string as clients write amounts. A sign and any length pass here, so that a negative, too large or too
 * precise amount is refused by its business rule with a stable code and not as a matter of format.
 */
export const AmountText = z
  .string('must be a decimal string such as "12.34", not a number')
  .max(64, 'is longer than any amount')
  .regex(/^[+-]?\d+(\.\d+)?$/, 'must be a decimal string such as "12.34": digits, and a point before the decimals');

/** `{ "amount": "12.34", "currency": "USD" }` in a command body. */
export const MoneyInput = z.strictObject(
  {
    amount: AmountText,
    currency: z
      .string('must be an ISO 4217 code such as "USD"')
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals, such as "USD"'),
  },
  {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be { "amount": "12.34", "currency": "USD" }' : undefined),
  },
);

/** The minor-unit digits of a currency; refused with CURRENCY_UNKNOWN when ISO 4217 has no such active currency. */
export function digitsOf(currency: string, field?: string): number {
  const digits = minorUnitDigits(currency);
  if (digits !== undefined) return digits;
  throw new Rejected(
    'CURRENCY_UNKNOWN',
    `${currency} is not an active ISO 4217 currency; use a code such as USD or EUR`,
    field,
  );
}

/** Minor units of an amount a client wrote; refused when it is finer than the minor unit or absurdly large. */
function readAmount(amount: string, currency: string, field: string): bigint {
  const digits = digitsOf(currency);
  const [whole = '', fraction = ''] = amount.split('.');
  if (isFinerThan(fraction, digits)) {
    throw new Rejected('AMOUNT_TOO_PRECISE', `${currency} has ${digits} decimals; round the amount to them`, field);
  }
  if (whole.length > MAX_INTEGER_DIGITS && whole.replace(/^[+-]?0*/, '').length > MAX_INTEGER_DIGITS) {
    throw tooLarge(field);
  }
  return parseMinor(amount.startsWith('+') ? amount.slice(1) : amount, digits);
}

/** Like {@link readAmount}, for an amount that has to be more than zero. */
export function readPositiveAmount(amount: string, currency: string, field: string): bigint {
  const minor = readAmount(amount, currency, field);
  if (minor > 0n) return minor;
  throw new Rejected('AMOUNT_NOT_POSITIVE', 'the amount must be more than zero', field);
}

/** Refuses a computed amount with more digits than an amount may have. */
export function refuseTooLarge(minor: bigint, digits: number, field: string): void {
  if (minor >= (TOO_LARGE_BY_DIGITS[digits] ?? 0n)) throw tooLarge(field);
}

function tooLarge(field: string): Rejected {
  return new Rejected(
    'AMOUNT_TOO_LARGE',
    `an amount has at most ${MAX_INTEGER_DIGITS} digits before the point; check it, or divide it`,
    field,
  );
}

/**
 * An immutable amount of money in whole minor units of its currency. Amounts of different currencies are never mixed:
 * that is refused with CURRENCY_MISMATCH.
 */
export class Money {
  private constructor(
    readonly minor: bigint,
    readonly currency: string,
  ) {}

  /** Of what a client sent; refused (CURRENCY_UNKNOWN, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE) with the field named. */
  static parse(input: MoneyJson, field = 'amount'): Money {
    digitsOf(input.currency, `${field}/currency`);
    return new Money(readAmount(input.amount, input.currency, `${field}/amount`), input.currency);
  }

  static ofMinor(minor: bigint, currency: string): Money {
    digitsOf(currency);
    return new Money(minor, currency);
  }

  static zero(currency: string): Money {
    return Money.ofMinor(0n, currency);
  }

  /** An exact decimal rounded half up at the minor unit. */
  static rounded(value: Exact, currency: string): Money {
    return new Money(roundHalfUp(value, digitsOf(currency)), currency);
  }

  add(other: Money): Money {
    return new Money(this.minor + this.sameCurrency(other).minor, this.currency);
  }

  subtract(other: Money): Money {
    return new Money(this.minor - this.sameCurrency(other).minor, this.currency);
  }

  negate(): Money {
    return new Money(-this.minor, this.currency);
  }

  /** Negative, zero or positive as this is less than, equal to or more than the other. */
  compare(other: Money): number {
    const difference = this.minor - this.sameCurrency(other).minor;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  get isZero(): boolean {
    return this.minor === 0n;
  }

  /** The decimal string with exactly the minor unit's digits: "12.30". */
  get amount(): string {
    return formatMinor(this.minor, digitsOf(this.currency));
  }

  toJSON(): { amount: string; currency: string } {
    return { amount: this.amount, currency: this.currency };
  }

  toString(): string {
    return `${this.amount} ${this.currency}`;
  }

  private sameCurrency(other: Money): Money {
    if (other.currency === this.currency) return other;
    throw new Rejected('CURRENCY_MISMATCH', `${other.currency} cannot be combined with ${this.currency}`);
  }
}
