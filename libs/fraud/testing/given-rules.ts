import { type Message } from '#libs/contracts';
import { type Alert, type Activity, evaluate, monitoringOf, RuleSet } from '#libs/fraud';
import { type z } from 'zod';

type RuleInput = z.input<typeof RuleSet>['rules'][number];
type Usual = 'id' | 'version' | 'action' | 'severity';
/** A rule of a spec: what it does not say is as usual. */
export type RuleUnderTest = RuleInput extends infer Each
  ? Each extends RuleInput
    ? Omit<Each, Usual> & Partial<Pick<Each, Usual>>
    : never
  : never;

export function ruleSet(...rules: readonly RuleUnderTest[]): RuleSet {
  const usual = { version: 1, action: 'alert', severity: 'medium' };
  return RuleSet.parse({
    version: 'test',
    rules: rules.map((rule, index) => ({ id: `rule-${index + 1}`, ...usual, ...rule })),
  });
}

/** What rules say to messages, one after the other. */
export function alertsOf(rules: RuleSet, messages: readonly Message[]): Alert[] {
  const monitoring = monitoringOf(rules);
  const activities = new Map<string, Activity>();
  return messages.flatMap((message) => {
    const { changed, alerts } = evaluate(monitoring, (key) => activities.get(key), message);
    for (const [key, activity] of changed) activities.set(key, activity);
    return alerts;
  });
}
