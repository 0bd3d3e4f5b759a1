import { z } from 'zod';
import { DAY, milliseconds } from './duration.js';
import { unitsOf } from './units.js';

/*
 * The rules of fraud monitoring as they stand in a rules file. What each kind of rule looks for is in monitoring/, one file
 * for each kind; the shipped rules, with the reasons for their numbers, are in libs/fraud/rules/default.yaml.
 */

/** The longest any rule may look back, so that what is remembered of an account or token is bounded. */
const LONGEST_DAYS = 731;

/** A length of time as ISO 8601 has it, read as milliseconds. */
const Duration = z.string('must be an ISO 8601 duration such as PT1H or P7D').transform((text, context) => {
  const length = milliseconds(text);
  if (length !== undefined && length > 0 && length <= LONGEST_DAYS * DAY) return length;
  const message = `must be an ISO 8601 duration such as PT1H or P7D: weeks, days, hours, minutes, seconds, at most P${LONGEST_DAYS}D`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const Decimal = z
  .string('must be a decimal in quotes such as "500.00": a number without quotes is not exact')
  .transform((text, context) => {
    const units = unitsOf(text);
    if (units !== undefined && units > 0n) return units;
    context.addIssue({ code: 'custom', message: 'must be a decimal above zero with at most 4 digits after the point' });
    return z.NEVER;
  });

/** An amount for each currency it holds for. In a currency that is not named, the rule finds nothing. */
const Amounts = z
  .record(
    z.string().regex(/^[A-Z]{3}$/, 'must be a currency code such as USD'),
    Decimal,
    'must be amounts by currency, such as { USD: "500.00" }',
  )
  .refine((amounts) => Object.keys(amounts).length > 0, 'must name an amount in one currency at least')
  .transform((amounts): ReadonlyMap<string, bigint> => new Map(Object.entries(amounts)));

/** More than this is not counted: it bounds what is remembered for a rule. */
export const MOST_COUNTED = 1_000;
const Count = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MOST_COUNTED, `must be at most ${MOST_COUNTED}`);

const Scope = z.enum(['account', 'token', 'channel'], 'must be account, token or channel');
/** What a rule remembers and counts by: an account, a token of a method of payment, or a channel. */
export type Scope = z.output<typeof Scope>;

const base = {
  id: z
    .string('must be given: a name such as account-payment-count')
    .regex(/^[a-z][a-z0-9-]{2,63}$/, 'must be 3 to 64 lower-case letters, figures and hyphens'),
  /** Raise it with every change of the rule: alerts name it, and a rule of another version alerts anew. */
  version: z.int('must be a whole number').min(1, 'must be at least 1'),
  action: z.enum(['alert', 'hold'], 'must be alert or hold'),
  severity: z.enum(['low', 'medium', 'high'], 'must be low, medium or high'),
  /** For people: what the rule is for. */
  description: z.string().max(300).optional(),
};

const Counted = z
  .enum(['payments', 'failures', 'attempts'], 'must be payments, failures, or attempts for both')
  .default('payments');

const VelocityCount = z.strictObject({
  ...base,
  kind: z.literal('velocity-count'),
  scope: Scope,
  of: Counted,
  moreThan: Count,
  window: Duration,
});
const VelocitySum = z.strictObject({
  ...base,
  kind: z.literal('velocity-sum'),
  scope: Scope,
  of: Counted,
  moreThan: Amounts,
  window: Duration,
});
const CardTesting = z.strictObject({
  ...base,
  kind: z.literal('card-testing'),
  scope: Scope,
  over: z.enum(['tokens', 'accounts'], 'must be tokens or accounts'),
  /** So many different ones are tested. */
  different: Count.min(2, 'must be at least 2'),
  /** In so many attempts, each declined or small. */
  attempts: Count,
  /** A payment up to this is small; without it only declined ones count. */
  smallUpTo: Amounts.optional(),
  window: Duration,
});
const QuickRefund = z.strictObject({
  ...base,
  kind: z.literal('quick-refund'),
  within: Duration,
  atLeast: Amounts,
});
const LargeAfterContactChange = z.strictObject({
  ...base,
  kind: z.literal('large-payment-after-contact-change'),
  within: Duration,
  atLeast: Amounts,
});
const UnusualAmount = z.strictObject({
  ...base,
  kind: z.literal('unusual-amount'),
  /** Over the last so many payments, no older than `history`. */
  last: Count.min(3, 'must be at least 3').max(200, 'must be at most 200'),
  minimum: Count.min(3, 'must be at least 3'),
  history: Duration,
  /** Modified z-score; 3.5 is what Iglewicz and Hoaglin (1993) recommend. */
  zScoreAbove: z.number('must be a number such as 3.5').min(1, 'must be at least 1').max(1_000, 'must be at most 1000'),
  /** The least spread a habit is taken to have, as a share of its median: somebody who always pays 50.00 may pay 52.00. */
  leastSpread: z
    .number('must be a share such as 0.05')
    .min(0.001, 'must be at least 0.001')
    .max(1, 'must be at most 1'),
  direction: z.enum(['above', 'either'], 'must be above or either').default('above'),
  /** Amounts below this are of no concern. */
  atLeast: Amounts.optional(),
  /** For so long, further unusual amounts of an account belong to the same alert. */
  quiet: Duration,
});
const RepeatedReturns = z.strictObject({
  ...base,
  kind: z.literal('repeated-returns'),
  moreThan: Count,
  window: Duration,
});

const Rule = z.discriminatedUnion(
  'kind',
  [VelocityCount, VelocitySum, CardTesting, QuickRefund, LargeAfterContactChange, UnusualAmount, RepeatedReturns],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must be a kind of rule: velocity-count, velocity-sum, card-testing, quick-refund, large-payment-after-contact-change, unusual-amount or repeated-returns'
        : undefined,
  },
);
/** One rule, durations in milliseconds and amounts in ten-thousandths of the currency's unit. */
export type Rule = z.output<typeof Rule>;
export type RuleOf<Kind extends Rule['kind']> = Extract<Rule, { kind: Kind }>;

/** The rules that are in force together, under one version. */
export const RuleSet = z
  .strictObject({
    version: z
      .string('must be a text in quotes such as "2026-01-31"')
      .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, figures, points, hyphens and underscores'),
    /** What counts longer before its recording than this is history: it is noted and opens no case. */
    actWithinDays: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(366, 'must be at most 366')
      .default(7),
    rules: z.array(Rule, 'must be a list of rules').min(1, 'must have one rule at least'),
  })
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>();
    for (const [index, rule] of rules.entries()) {
      const fault = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['rules', index, field], message });
      if (seen.has(rule.id)) fault('id', 'is the id of another rule; every rule needs its own');
      seen.add(rule.id);
      for (const [field, message] of contradictions(rule)) fault(field, message);
    }
  });
export type RuleSet = z.output<typeof RuleSet>;

/** What is well-formed and makes no sense. */
function* contradictions(rule: Rule): Generator<[field: string, message: string]> {
  if ('scope' in rule && rule.scope === 'channel' && rule.action === 'hold') {
    yield ['action', 'must be alert: a channel is shared by all payers, and none of them can be held for it'];
  }
  if (rule.kind === 'card-testing') {
    if (`${rule.scope}s` === rule.over) yield ['over', `must not be what the rule counts by: one ${rule.scope}`];
    if (rule.attempts < rule.different) yield ['attempts', 'must be no less than the number of different ones'];
  }
  if (rule.kind === 'unusual-amount' && rule.minimum > rule.last) {
    yield ['minimum', 'must be no more than the number of payments looked at'];
  }
}
