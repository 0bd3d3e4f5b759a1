import { type RuleOf } from '../rules/rule-set.js';
import { type Entry } from './activity.js';
import { type Finding, type Sight } from './finding.js';
import { windowAround } from './windows.js';

/**
 * Somebody tries out stolen cards: many attempts, each declined or small, over many tokens (one account or channel that
 * tries many cards) or over many accounts (one card that is tried on many).
 */
export function cardTesting(rule: RuleOf<'card-testing'>, { entries, own }: Sight): Finding | undefined {
  const suspicious = (entry: Entry) => isAttempt(rule, entry);
  if (!suspicious(entries[own]!)) return undefined;
  const tested = ({ token, accountId }: Entry) => (rule.over === 'tokens' ? token : accountId);
  const times = new Map<string, number>();
  let attempts = 0;
  const count = (entry: Entry, change: 1 | -1) => {
    if (!suspicious(entry)) return;
    attempts += change;
    const now = (times.get(tested(entry)) ?? 0) + change;
    if (now === 0) times.delete(tested(entry));
    else times.set(tested(entry), now);
  };
  const window = windowAround(entries, own, rule.window, {
    add: (entry) => count(entry, 1),
    remove: (entry) => count(entry, -1),
    full: () => times.size >= rule.different && attempts >= rule.attempts,
  });
  if (!window) return undefined;
  const { first, last } = window;
  const to = entries[last]!.at;
  return {
    entries: entries.slice(first, last + 1).filter(suspicious),
    numbers: { [`different ${rule.over}`]: times.size, atLeast: rule.different, attempts },
    from: to - rule.window,
    to,
  };
}

function isAttempt(rule: RuleOf<'card-testing'>, { kind, units, currency, token }: Entry): boolean {
  // Cash and cheques have no token: nobody tests those.
  if (rule.over === 'tokens' && token === '') return false;
  if (kind === 'failure') return true;
  const small = rule.smallUpTo?.get(currency);
  return kind === 'payment' && small !== undefined && units <= small;
}
