import { type Part, PARTS, sumOfParts } from '../balances/balance.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';

/** Sums of a period as decimal strings. */
export type PeriodSums = Readonly<Record<Part | 'opening' | 'closing', string>>;

/** How what was owed at the beginning of a period became what was owed at its end. */
export interface RollForward extends Record<Part | 'opening' | 'closing', MoneyJson> {
  /** Opening + billed − paid + returned + refunded − claimed + adjusted − written off + reinstated − closing: zero, or something is very wrong. */
  readonly difference: MoneyJson;
}

/** Lays the sums of a period out and holds them against each other: opening and closing are summed up apart from the parts. */
export function rollForward(sums: PeriodSums, currency: string): RollForward {
  const digits = digitsOf(currency);
  const minor = (name: keyof PeriodSums) => parseMinor(sums[name], digits);
  const money = (amount: bigint): MoneyJson => ({ amount: formatMinor(amount, digits), currency });
  const parts = Object.fromEntries(PARTS.map((part) => [part, minor(part)])) as Record<Part, bigint>;
  const [opening, closing] = [minor('opening'), minor('closing')];
  return {
    opening: money(opening),
    billed: money(parts.billed),
    paid: money(parts.paid),
    returned: money(parts.returned),
    refunded: money(parts.refunded),
    claimed: money(parts.claimed),
    adjusted: money(parts.adjusted),
    writtenOff: money(parts.writtenOff),
    reinstated: money(parts.reinstated),
    closing: money(closing),
    difference: money(opening + sumOfParts(parts) - closing),
  };
}
