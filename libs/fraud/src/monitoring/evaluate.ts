import { type Message } from '#libs/contracts';
import { DAY } from '../rules/duration.js';
import { type Rule } from '../rules/rule-set.js';
import { type Activity, type Burst, entryOf, keyOf, NOTHING, remember } from './activity.js';
import { type Alert, MOST_EVENTS } from './alert.js';
import { cardTesting } from './card-testing.js';
import { largeAfterContactChange } from './contact-change.js';
import { type Fact, factOf } from './facts.js';
import { type Finding, type Sight } from './finding.js';
import { type Monitoring, type ScopePlan } from './monitoring.js';
import { quickRefund } from './quick-refund.js';
import { unusualAmount } from './unusual-amount.js';
import { repeatedReturns, velocityCount, velocitySum } from './velocity.js';

/** What a message changes, and what it sets off. */
export interface Evaluation {
  readonly changed: readonly (readonly [key: string, activity: Activity])[];
  readonly alerts: readonly Alert[];
}

const UNCHANGED: Evaluation = { changed: [], alerts: [] };

/**
 * Evaluates all rules on a message. Pure: the same messages in the same order give the same activity and the same alerts,
 * live, after a restart, and in a back-test.
 */
export function evaluate(
  { ruleSet, plans }: Monitoring,
  activityOf: (key: string) => Activity | undefined,
  message: Message,
): Evaluation {
  const fact = factOf(message);
  if (!fact) return UNCHANGED;
  const changed: [string, Activity][] = [];
  const alerts: Alert[] = [];
  for (const plan of plans) {
    const key = keyIn(plan, fact);
    if (key === undefined) continue;
    const { entries, own } = remember((activityOf(key) ?? NOTHING).entries, entryOf(fact, plan.scope), plan.bounds);
    // Older than anything any rule looks at, or than all that is remembered of its kind.
    if (own < 0) continue;
    let { bursts } = activityOf(key) ?? NOTHING;
    for (const rule of plan.rules) {
      const finding = find(rule, { entries, own, fact });
      if (!finding) continue;
      const since = noteFound(bursts, rule, fact.at, plan.bounds.window);
      bursts = since.bursts;
      if (!since.goesOn) alerts.push(alertOf(rule, ruleSet.version, ruleSet.actWithinDays, key, fact, finding));
    }
    changed.push([key, { entries, bursts }]);
  }
  return { changed, alerts };
}

/** The keys whose activity {@link evaluate} will ask for. */
export function keysFor({ plans }: Monitoring, message: Message): string[] {
  const fact = factOf(message);
  if (!fact) return [];
  return plans.map((plan) => keyIn(plan, fact)).filter((key) => key !== undefined);
}

function keyIn({ scope, remembers }: ScopePlan, fact: Fact): string | undefined {
  return remembers.has(fact.kind) ? keyOf(fact, scope) : undefined;
}

function find(rule: Rule, sight: Sight): Finding | undefined {
  switch (rule.kind) {
    case 'velocity-count':
      return velocityCount(rule, sight);
    case 'velocity-sum':
      return sight.fact.amount && velocitySum(rule, sight);
    case 'card-testing':
      return cardTesting(rule, sight);
    case 'quick-refund':
      return quickRefund(rule, sight);
    case 'large-payment-after-contact-change':
      return largeAfterContactChange(rule, sight);
    case 'unusual-amount':
      return unusualAmount(rule, sight);
    case 'repeated-returns':
      return repeatedReturns(rule, sight);
  }
}

/** For how long after a rule found something a further find is the same one; 0 where every find is one of its own. */
function quietAfter(rule: Rule): number {
  switch (rule.kind) {
    case 'velocity-count':
    case 'velocity-sum':
    case 'card-testing':
    case 'repeated-returns':
      return rule.window;
    case 'unusual-amount':
      return rule.quiet;
    case 'quick-refund':
    case 'large-payment-after-contact-change':
      return 0;
  }
}

/** A burst now and then can be told from others that lie so far apart; more of them are not kept apart. */
const MOST_BURSTS = 8;

/**
 * Notes that a rule found something. While finds follow each other within a window they are one burst and one alert, were
 * it a hundred payments; the rule is armed again once a whole window has passed without a find. A burst that goes on is
 * alerted anew after a day, or after a window that is longer: else an attack that never pauses would be seen once, and
 * never again after a case that was dismissed by mistake. All goes by when things count, so that it is the same at any time.
 */
function noteFound(
  bursts: Activity['bursts'],
  rule: Rule,
  at: number,
  remembered: number,
): { goesOn: boolean; bursts: Activity['bursts'] } {
  const quiet = quietAfter(rule);
  if (quiet === 0) return { goesOn: false, bursts };
  const again = Math.max(DAY, quiet);
  const name = `${rule.id}@${rule.version}`;
  const known = bursts[name] ?? [];
  const same = known.findIndex(([began, latest]) => began - quiet < at && at < latest + quiet && at < began + again);
  const now: readonly Burst[] =
    same < 0 ? [...known, [at, at]] : known.with(same, [known[same]![0], Math.max(known[same]![1], at)]);
  const sorted = now.toSorted(([one], [other]) => one - other);
  const last = Math.max(...sorted.map(([, latest]) => latest));
  const kept = sorted.filter(([, latest]) => latest > last - remembered - DAY).slice(-MOST_BURSTS);
  return { goesOn: same >= 0, bursts: { ...bursts, [name]: kept } };
}

function alertOf(
  rule: Rule,
  ruleSetVersion: string,
  actWithinDays: number,
  key: string,
  fact: Fact,
  { entries, numbers, from, to }: Finding,
): Alert {
  const iso = (moment: number) => new Date(moment).toISOString();
  return {
    ruleId: rule.id,
    ruleVersion: rule.version,
    ruleSetVersion,
    kind: rule.kind,
    action: rule.action,
    severity: rule.severity,
    accountId: fact.accountId,
    key,
    messageId: fact.messageId,
    effectiveAt: iso(fact.at),
    recordedAt: iso(fact.recordedAt),
    historic: fact.recordedAt - fact.at > actWithinDays * DAY,
    evidence: {
      events: entries.slice(-MOST_EVENTS).map(({ messageId }) => messageId),
      eventCount: entries.length,
      numbers,
      window: { from: iso(from), to: iso(to) },
    },
  };
}
