import { MOST_COUNTED, type Rule, type RuleSet, type Scope } from '../rules/rule-set.js';
import { type Bounds } from './activity.js';
import { type FactKind } from './facts.js';

/** What the rules of one scope need together: which facts are remembered under a key, and how many of each kind. */
export interface ScopePlan {
  readonly scope: Scope;
  readonly rules: readonly Rule[];
  /** Facts that are of no use to any rule here are not remembered. */
  readonly remembers: ReadonlySet<FactKind>;
  readonly bounds: Bounds;
}

/** A rule set, made ready for messages to be evaluated by. */
export interface Monitoring {
  readonly ruleSet: RuleSet;
  readonly plans: readonly ScopePlan[];
}

export function monitoringOf(ruleSet: RuleSet): Monitoring {
  const scopes = ['account', 'token', 'channel'] as const;
  return { ruleSet, plans: scopes.flatMap((scope) => planOf(scope, ruleSet)) };
}

function planOf(scope: Scope, { rules }: RuleSet): ScopePlan[] {
  const mine = rules.filter((rule) => ('scope' in rule ? rule.scope : 'account') === scope);
  if (mine.length === 0) return [];
  const needs = mine.map(needOf);
  return [
    {
      scope,
      rules: mine,
      remembers: new Set(needs.flatMap(({ facts }) => facts)),
      bounds: {
        window: Math.max(...needs.map(({ window }) => window)),
        most: Math.max(...needs.map(({ most }) => most)),
      },
    },
  ];
}

interface Need extends Bounds {
  readonly facts: readonly FactKind[];
}

/**
 * What a rule has to find remembered. To tell that there are more than n, the latest n + 1 are enough; but a sum, or small
 * payments among others, need as many as may be. So that nothing is sized below what is counted at most.
 */
function needOf(rule: Rule): Need {
  const most = MOST_COUNTED + 1;
  switch (rule.kind) {
    case 'velocity-count':
    case 'velocity-sum':
      return { facts: factsOf(rule.of), window: rule.window, most };
    case 'card-testing':
      return { facts: ['payment', 'failure'], window: rule.window, most };
    case 'repeated-returns':
      return { facts: ['return'], window: rule.window, most };
    case 'quick-refund':
      return { facts: ['payment', 'refund'], window: rule.within, most };
    case 'large-payment-after-contact-change':
      return { facts: ['payment', 'contact'], window: rule.within, most };
    case 'unusual-amount':
      return { facts: ['payment'], window: rule.history, most };
  }
}

function factsOf(of: 'payments' | 'failures' | 'attempts'): readonly FactKind[] {
  return of === 'attempts' ? ['payment', 'failure'] : [of === 'payments' ? 'payment' : 'failure'];
}
