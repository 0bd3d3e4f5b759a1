import { type RuleOf } from '../rules/rule-set.js';
import { decimalOf } from '../rules/units.js';
import { type Finding, type Sight } from './finding.js';

/** The first large payment after the contact changed: whoever takes an account over first sees to it that its owner hears nothing. */
export function largeAfterContactChange(
  rule: RuleOf<'large-payment-after-contact-change'>,
  { entries, own, fact }: Sight,
): Finding | undefined {
  const payment = entries[own]!;
  if (payment.kind !== 'payment') return undefined;
  const { units, currency, digits } = fact.amount!;
  const large = rule.atLeast.get(currency);
  if (large === undefined || units < large) return undefined;
  for (let index = own - 1; index >= 0; index--) {
    const before = entries[index]!;
    if (payment.at - before.at >= rule.within) return undefined;
    // Another large one came first, and was the one to look at.
    if (before.kind === 'payment' && before.currency === currency && before.units >= large) return undefined;
    if (before.kind !== 'contact') continue;
    const numbers = {
      amount: decimalOf(units, digits),
      atLeast: decimalOf(large, digits),
      currency,
      hoursSinceChange: Math.floor((payment.at - before.at) / 3_600_000),
    };
    return { entries: [before, payment], numbers, from: before.at, to: payment.at };
  }
  return undefined;
}
