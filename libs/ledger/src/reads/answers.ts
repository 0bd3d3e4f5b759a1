import { Rejected } from '#libs/event-sourcing';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';

/** A numeric column as money with exactly the digits of its minor unit: a sum of nothing is `0` in SQL. */
export function moneyOf(amount: string, currency: string): MoneyJson {
  const digits = digitsOf(currency);
  return { amount: formatMinor(parseMinor(amount, digits), digits), currency };
}

export function accountUnknown(): Rejected {
  return new Rejected('ACCOUNT_UNKNOWN', 'no account with this id has been opened; check the id');
}
