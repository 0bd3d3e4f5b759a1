import { type RuleOf } from '../rules/rule-set.js';
import { decimalOf } from '../rules/units.js';
import { type Entry } from './activity.js';
import { type Finding, type Sight } from './finding.js';
import { windowAround } from './windows.js';

/* Too many payments, or too much money, in a window that slides over time. */

export function velocityCount(rule: RuleOf<'velocity-count'>, { entries, own }: Sight): Finding | undefined {
  const counts = countedBy(rule.of);
  return moreInWindow(entries, own, rule.window, rule.moreThan, counts);
}

/** The bank takes payments back again and again. */
export function repeatedReturns(rule: RuleOf<'repeated-returns'>, { entries, own }: Sight): Finding | undefined {
  return moreInWindow(entries, own, rule.window, rule.moreThan, ({ kind }) => kind === 'return');
}

export function velocitySum(rule: RuleOf<'velocity-sum'>, { entries, own, fact }: Sight): Finding | undefined {
  const { units: _, currency, digits } = fact.amount!;
  const limit = rule.moreThan.get(currency);
  const counts = countedBy(rule.of);
  if (limit === undefined || !counts(entries[own]!)) return undefined;
  const includes = (entry: Entry) => counts(entry) && entry.currency === currency;
  let sum = 0n;
  const window = windowAround(entries, own, rule.window, {
    add: (entry) => void (includes(entry) && (sum += entry.units)),
    remove: (entry) => void (includes(entry) && (sum -= entry.units)),
    full: () => sum > limit,
  });
  if (!window) return undefined;
  const { first, last } = window;
  const found = entries.slice(first, last + 1).filter(includes);
  const to = entries[last]!.at;
  const numbers = { sum: decimalOf(sum, digits), moreThan: decimalOf(limit, digits), currency, count: found.length };
  return { entries: found, numbers, from: to - rule.window, to };
}

function moreInWindow(
  entries: readonly Entry[],
  own: number,
  length: number,
  moreThan: number,
  counts: (entry: Entry) => boolean,
): Finding | undefined {
  if (!counts(entries[own]!)) return undefined;
  let count = 0;
  const window = windowAround(entries, own, length, {
    add: (entry) => void (counts(entry) && count++),
    remove: (entry) => void (counts(entry) && count--),
    full: () => count > moreThan,
  });
  if (!window) return undefined;
  const { first, last } = window;
  const to = entries[last]!.at;
  return {
    entries: entries.slice(first, last + 1).filter(counts),
    numbers: { count, moreThan },
    from: to - length,
    to,
  };
}

function countedBy(of: 'payments' | 'failures' | 'attempts'): (entry: Entry) => boolean {
  switch (of) {
    case 'payments':
      return ({ kind }) => kind === 'payment';
    case 'failures':
      return ({ kind }) => kind === 'failure';
    case 'attempts':
      return ({ kind }) => kind === 'payment' || kind === 'failure';
  }
}
