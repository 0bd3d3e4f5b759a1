import { z } from 'zod';
import { mixUuid } from './uuid-mixing.js';

/*
 * A pay bill number is twelve digits, the first not zero, and two check digits by ISO 7064 mod 97-10, the system of
 * ISO 11649 creditor references: the whole number leaves 1 when divided by 97. That catches every single wrong digit and
 * every swap of neighbours (9 × any difference of digits is less than 97 and 97 is prime).
 *
 * It is permanent, printed on every bill, and treated as sensitive: screens and logs show it masked.
 */
const FORMAT = /^[1-9]\d{13}$/;
const FIRST_BODY = 100_000_000_000;
const BODIES = 900_000_000_000;

/** Whether fourteen digits are a pay bill number. */
export function isPayBillNumber(digits: string): boolean {
  // Fourteen digits are below 2^53, so the number is exact; 00, 01 and 99 are never issued as check digits.
  return FORMAT.test(digits) && Number(digits) % 97 === 1 && !/(00|01|99)$/.test(digits);
}

/** Reads a number as people write it, with blanks and hyphens; undefined when it is not a pay bill number. */
export function parsePayBillNumber(text: string): string | undefined {
  const digits = withoutSeparators(text);
  return isPayBillNumber(digits) ? digits : undefined;
}

/** As it is printed: `1234 5678 9012 34`. */
export function printPayBillNumber(digits: string): string {
  return digits.replace(/^(.{4})(.{4})(.{4})(.{2})$/, '$1 $2 $3 $4');
}

/** As screens and logs show it: `•••• •••• ••12 34`. */
export function maskPayBillNumber(digits: string): string {
  return printPayBillNumber('•'.repeat(10) + digits.slice(-4));
}

/** Twelve digits with their check digits. */
export function withCheckDigits(body: string): string {
  const check = 98 - ((Number(body) * 100) % 97);
  return body + String(check).padStart(2, '0');
}

/**
 * The number an account tries to take: the same for the same account and attempt, spread evenly over all numbers. When
 * another account holds it, the next attempt gives another one.
 */
export function candidatePayBillNumber(accountId: string, attempt: number): string {
  const [left, right] = mixUuid(accountId, attempt);
  const spread = left * 2 ** 20 + (right >>> 12);
  return withCheckDigits(String(FIRST_BODY + (spread % BODIES)));
}

/** A pay bill number in a command body or query; normalised to its fourteen digits. */
export const PayBillNumberInput = z
  .string('must be a pay bill number of 14 digits')
  .max(40, 'must be a pay bill number of 14 digits')
  .overwrite(withoutSeparators)
  .refine(isPayBillNumber, 'is not a pay bill number: 14 digits whose check digits hold; read it again from the bill');

function withoutSeparators(text: string): string {
  return text.replace(/[\s-]/g, '');
}
