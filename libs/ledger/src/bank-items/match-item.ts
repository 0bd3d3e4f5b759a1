import { isConfirmationNumber } from '../billing/confirmation-number.js';
import { isPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';

/** Money of customers in a bank's file. Amounts are minor units. */
export interface MoneyItem {
  /** Money that came in, or money of an earlier payment that the bank took back. */
  readonly kind: 'credit' | 'return';
  /** 1, 2, 3 … over the whole file. */
  readonly item: number;
  /** Line of the file, counted from 1. */
  readonly record: number;
  readonly amount: { readonly minor: bigint; readonly currency: string };
  /** ISO day. */
  readonly settledOn: string;
  /** What payer and bank wrote. */
  readonly references: readonly string[];
  readonly bankReference?: string | undefined;
  readonly accountEnding?: string | undefined;
  /** The bank's code of a return. */
  readonly returnCode?: string | undefined;
  /** Why a person has to look at it, whatever it names. */
  readonly needsPerson?: 'DISPUTED_RETURN' | 'PAYOUT_RETURNED' | 'REVERSAL' | undefined;
}

/** An item of a bank's file; balances, our own entries and notifications are no money of customers. */
export type BankItem = MoneyItem | { readonly kind: 'other' };

/** What an item names: exactly one number, or why there is none. */
type Named = { readonly number: string } | { readonly because: 'NUMBER_MISSING' | 'NUMBERS_SEVERAL' };

/** The pay bill number that payer or bank wrote: fourteen digits whose check digits hold (VE1), blanks and hyphens between. */
export function payBillNumberIn(references: readonly string[]): Named {
  // Looked for from every digit on: other figures may stand before it, with a blank between as the number has them.
  const written = references.flatMap((text) => [...text.matchAll(/(?<!\d)(?=(\d(?:[ -]?\d){13})(?!\d))/g)]);
  return onlyOne(written.map(([, digits = '']) => digits.replace(/[ -]/g, '')).filter(isPayBillNumber));
}

/** The confirmation number of the payment that a return takes back, as our debit carried it (individual identification). */
export function confirmationNumberIn(references: readonly string[]): Named {
  const words = references.flatMap((text) => text.toUpperCase().split(/[^0-9A-Z]+/));
  return onlyOne(words.filter(isConfirmationNumber));
}

function onlyOne(numbers: readonly string[]): Named {
  const [number, ...others] = new Set(numbers);
  if (number === undefined) return { because: 'NUMBER_MISSING' };
  return others.length > 0 ? { because: 'NUMBERS_SEVERAL' } : { number };
}
