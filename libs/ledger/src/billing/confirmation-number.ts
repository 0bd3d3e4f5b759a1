import { mixUuid } from '../pay-bill-numbers/uuid-mixing.js';

// Crockford's base 32: no I, L, O or U, which are misread or misheard.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const FIGURES = 11;

/**
 * The number a payer gets at once and keeps (PA3): eleven figures that follow from the command, so that a retry confirms
 * with the same number, and a check figure. The check is a sum over the field of 32 elements with a different power of
 * its generator for each place; it catches every single wrong figure and every swap of any two.
 */
export function confirmationNumber(commandId: string): string {
  // Six figures of five bits from the one half and five from the other.
  const [left, right] = mixUuid(commandId, 0x50_42);
  let number = '';
  let check = 0;
  for (let place = 0; place < FIGURES; place++) {
    const figure = ((place < 6 ? left : right) >>> (5 * (place % 6))) & 31;
    number += ALPHABET.charAt(figure);
    check = timesGenerator(check ^ figure);
  }
  return number + ALPHABET.charAt(check);
}

/** Whether the check figure holds; read without regard to case. */
export function isConfirmationNumber(text: string): boolean {
  if (text.length !== FIGURES + 1) return false;
  const figures = [...text.toUpperCase()].map((letter) => ALPHABET.indexOf(letter));
  if (figures.includes(-1)) return false;
  const check = figures.slice(0, FIGURES).reduce((sum, figure) => timesGenerator(sum ^ figure), 0);
  return check === figures[FIGURES];
}

/** Multiplies by x in GF(2)[x] / (x⁵ + x² + 1). */
function timesGenerator(element: number): number {
  const doubled = element << 1;
  return doubled & 32 ? doubled ^ 0b100101 : doubled;
}
