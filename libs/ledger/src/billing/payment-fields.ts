import { z } from 'zod';
import { type MoneyInput, digitsOf, readPositiveAmount } from '../money/money.js';
import { type AccountState, requireCurrency } from './account-state.js';
import { holdsCardNumber } from './card-numbers.js';
import { refuse } from './rejections.js';

/* What a payment that succeeded and one that failed have in common. */

export const Channel = z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']);

export const Method = z.strictObject({
  kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
  /** The gateway's token for the card or bank account; never its number. */
  token: z
    .string()
    .max(128, 'must have at most 128 characters')
    .regex(/^[\x21-\x7e]+$/, 'must be the gateway’s token: letters, figures and signs without blanks')
    .optional(),
});

/** Refuses a method whose token is the card itself. */
export function refuseCardNumber({ token }: z.output<typeof Method>): void {
  if (token !== undefined && holdsCardNumber(token)) {
    refuse('CARD_NUMBER_REFUSED', 'this looks like a card number; send the gateway’s token for it', 'method/token');
  }
}

/** The minor units of what is paid: more than nothing, and in the account's currency. */
export function readPaid(money: z.output<typeof MoneyInput>, state: AccountState): bigint {
  digitsOf(money.currency, 'amount/currency');
  requireCurrency(state, money.currency, 'amount/currency');
  return readPositiveAmount(money.amount, money.currency, 'amount/amount');
}
