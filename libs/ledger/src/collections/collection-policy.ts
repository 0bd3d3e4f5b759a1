import { z } from 'zod';
import { Day, ExactDecimal, Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { minorUnitDigits } from '../money/currency.js';
import { isFinerThan } from '../money/minor-units.js';

/*
 * What is done about bills that are not paid in time, as data: a file of versions, of which each holds from a day on. The
 * version is recorded in every event it shaped, with what followed from it, so that history is read without it. A version
 * that has shaped an event is never edited.
 */

const Percent = ExactDecimal.refine((text) => Number(text) <= 100, 'is a percentage: at most 100');

const Charge = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('fixed'), amount: ExactDecimal }),
    z.strictObject({ kind: z.literal('percent'), percent: Percent }),
    z.strictObject({ kind: z.literal('greater-of'), amount: ExactDecimal, percent: Percent }),
  ],
  'must be of kind "fixed" with an amount, "percent" with a percent, or "greater-of" with both',
);

/** The fee for paying a bill late: simple, of the overdue part without fees of earlier, and once for each bill. */
const LateFee = z.strictObject({
  /** Days after the due day on which paying costs nothing: a letter that was posted on it arrives in them. */
  graceDays: z.int().min(0).max(120),
  charge: Charge,
  /** The fee is no higher than this. */
  atMost: ExactDecimal.optional(),
  /** Where less is overdue there is no fee. */
  leastOverdue: ExactDecimal.default('0'),
});

const Step = z.strictObject({
  /** The policy's own name for it; a step that was taken is recognised by it. */
  step: Identifier,
  /** `notice` and `final-notice` tell the customer; `suspension` and `write-off` do something. */
  kind: z.enum(
    ['notice', 'final-notice', 'suspension', 'write-off'],
    'must be notice, final-notice, suspension or write-off',
  ),
  /** Not before the oldest bill is so many days past due… */
  daysPastDue: z.int().min(1).max(3_650),
  /** …nor before so many days have passed since the step before it. */
  daysAfterStep: z.int().min(1).max(365).default(1),
});

const Dunning = z
  .strictObject({
    /** Where less is past due in all, no step is taken. */
    leastPastDue: ExactDecimal.default('0'),
    /** Service that a step suspended is restored when no more than this is past due. */
    restoreAtMost: ExactDecimal.default('0'),
    /** In the order they are taken. */
    steps: z.array(Step).min(1, 'must have at least one step').max(20, 'has at most 20 steps'),
  })
  .superRefine(({ steps }, context) => {
    const refused = (at: number, message: string) => context.addIssue({ code: 'custom', path: ['steps', at], message });
    for (const [at, { step, kind, daysPastDue }] of steps.entries()) {
      const before = steps.slice(0, at);
      if (before.some((one) => one.step === step)) refused(at, 'has the name of a step before it');
      if (before.some((one) => one.daysPastDue > daysPastDue)) refused(at, 'comes before the step it stands behind');
      // Nobody's service is cut who was not told before (52 Pa. Code §56.91).
      if (kind === 'suspension' && !before.some((one) => one.kind === 'final-notice')) {
        refused(at, 'has no final-notice before it');
      }
    }
  });

export const CollectionPolicyVersion = z
  .strictObject({
    version: Identifier,
    /** It holds on this day and later, until the next version does. */
    validFrom: Day,
    /** Of its amounts: accounts in another currency are left alone. */
    currency: z.string().refine((code) => minorUnitDigits(code) !== undefined, 'must be an active ISO 4217 code'),
    /** Without it there are no late fees. */
    lateFee: LateFee.optional(),
    /** Without it nobody is dunned. */
    dunning: Dunning.optional(),
  })
  .superRefine((version, context) => {
    const digits = minorUnitDigits(version.currency);
    if (digits === undefined) return;
    for (const [path, amount] of amountsOf(version)) {
      if (!isFinerThan(amount.split('.')[1] ?? '', digits)) continue;
      context.addIssue({ code: 'custom', path: [...path], message: `must have at most ${digits} decimals` });
    }
  });

/** One version of what is done about bills that are not paid in time. */
export type CollectionPolicyVersion = z.output<typeof CollectionPolicyVersion>;
export type DunningTerms = z.output<typeof Dunning>;
export type LateFeeTerms = z.output<typeof LateFee>;

/** A collection policy file: its versions, the earliest first. */
export const CollectionPolicy = z.strictObject({
  versions: z
    .array(CollectionPolicyVersion)
    .min(1, 'must have at least one version')
    .refine(
      (versions) => new Set(versions.map(({ version }) => version)).size === versions.length,
      'has two versions of the same name',
    )
    .refine(
      (versions) => versions.every(({ validFrom }, at) => at === 0 || validFrom > versions[at - 1]!.validFrom),
      'must stand in the order of validFrom, and no two of the same day',
    ),
});
export type CollectionPolicy = z.output<typeof CollectionPolicy>;

/** The version that holds on a day. @throws Rejected COLLECTION_POLICY_NOT_YET */
export function policyOn({ versions }: CollectionPolicy, day: string): CollectionPolicyVersion {
  return (
    versions.findLast(({ validFrom }) => validFrom <= day) ??
    refuse(
      'COLLECTION_POLICY_NOT_YET',
      `no version of the collection policy holds on ${day}; the first is of ${versions[0]!.validFrom}`,
    )
  );
}

/** The version of a name. @throws Rejected COLLECTION_POLICY_VERSION_UNKNOWN */
export function policyNamed({ versions }: CollectionPolicy, name: string): CollectionPolicyVersion {
  return (
    versions.find(({ version }) => version === name) ??
    refuse('COLLECTION_POLICY_VERSION_UNKNOWN', `the collection policy has no version ${name}; put it back`)
  );
}

function* amountsOf({
  lateFee,
  dunning,
}: Pick<CollectionPolicyVersion, 'lateFee' | 'dunning'>): Generator<[string[], string]> {
  if (dunning) {
    yield [['dunning', 'leastPastDue'], dunning.leastPastDue];
    yield [['dunning', 'restoreAtMost'], dunning.restoreAtMost];
  }
  if (!lateFee) return;
  const { charge, atMost, leastOverdue } = lateFee;
  if (charge.kind !== 'percent') yield [['lateFee', 'charge', 'amount'], charge.amount];
  if (atMost !== undefined) yield [['lateFee', 'atMost'], atMost];
  yield [['lateFee', 'leastOverdue'], leastOverdue];
}
