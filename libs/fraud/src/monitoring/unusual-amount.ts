import { type RuleOf } from '../rules/rule-set.js';
import { decimalOf } from '../rules/units.js';
import { type Finding, type Sight } from './finding.js';

/** Makes the median absolute deviation comparable with a standard deviation, for amounts that are normally distributed. */
const CONSISTENCY = 0.6745;

/**
 * An amount far from what the account usually pays: its modified z-score, 0.6745 · (amount − median) / MAD, is above the
 * rule's. Median and median absolute deviation, unlike mean and standard deviation, are not moved by the very outliers that
 * are looked for. The amounts themselves are compared exactly; a score is a number for ranking and no money.
 *
 * @see Iglewicz, Hoaglin: How to Detect and Handle Outliers (ASQC, 1993)
 */
export function unusualAmount(rule: RuleOf<'unusual-amount'>, { entries, own, fact }: Sight): Finding | undefined {
  const payment = entries[own]!;
  if (payment.kind !== 'payment') return undefined;
  const { units, currency, digits } = fact.amount!;
  const least = rule.atLeast?.get(currency);
  if (rule.atLeast !== undefined && (least === undefined || units < least)) return undefined;
  const habit: number[] = [];
  for (let index = own - 1; index >= 0 && habit.length < rule.last; index--) {
    const before = entries[index]!;
    if (payment.at - before.at >= rule.history) break;
    if (before.kind === 'payment' && before.currency === currency) habit.push(Number(before.units));
  }
  if (habit.length < rule.minimum) return undefined;
  const median = medianOf(habit);
  const spread = medianOf(habit.map((amount) => Math.abs(amount - median)));
  // An account that always pays the same has no spread at all, and every cent would be infinitely far.
  const score = (CONSISTENCY * (Number(units) - median)) / Math.max(spread, rule.leastSpread * median, 1);
  const far = rule.direction === 'either' ? Math.abs(score) : score;
  if (far <= rule.zScoreAbove) return undefined;
  const money = (amount: number) => decimalOf(BigInt(Math.round(amount)), digits);
  return {
    entries: [payment],
    numbers: {
      amount: decimalOf(units, digits),
      median: money(median),
      medianDeviation: money(spread),
      currency,
      zScore: Math.round(score * 100) / 100,
      above: rule.zScoreAbove,
      payments: habit.length,
    },
    from: payment.at - rule.history,
    to: payment.at,
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
