import { z } from 'zod';
import { Day, Description, ExactDecimal, Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { minorUnitDigits } from '../money/currency.js';
import { isFinerThan, parseMinor } from '../money/minor-units.js';

/*
 * What a biller sells and by which rules it bills, as data: a file of versions, of which each holds from a day on. A version
 * that has shaped an event is never edited, because bills are computed from it again when they are corrected.
 */

/** Codes of a catalogue are its own; the same code may mean something else in another version. */
const Code = Identifier;
/** What stands on the bill; what days it is for is written behind it. */
const Text = Description.max(60, 'must have at most 60 characters');
/** Which taxes apply to a charge: `telecommunications`, `internet-access`. The biller's own words. */
const TaxCategory = Identifier;
/** Lines of a bill with the lower number are paid first. */
const Priority = z.int().min(0).max(1000).default(100);

/** Whether a cycle is charged on the bill of its first day, or on that of the day after its last. */
const In = z.enum(['advance', 'arrears'], 'must be advance or arrears');

/** What is charged once for each cycle, at the minor unit of the currency, so that its days sum to it. */
const RecurringCharge = z.strictObject({
  code: Code,
  service: Identifier,
  description: Text,
  price: ExactDecimal,
  taxCategory: TaxCategory,
  priority: Priority,
  /** As the plan, when it is left out. */
  in: In.optional(),
});

const Tier = z.strictObject({ upTo: ExactDecimal.optional(), unitPrice: ExactDecimal });

/** What is charged by quantity. Included units and tiers count all that is used in a cycle, from its first unit on. */
const UsageCharge = z
  .strictObject({
    meter: Code,
    service: Identifier,
    description: Text,
    unit: z.string().min(1, 'must not be empty').max(16, 'must have at most 16 characters'),
    included: ExactDecimal.default('0'),
    tiers: z.array(Tier).min(1, 'must have at least one tier').max(10, 'has at most 10 tiers'),
    taxCategory: TaxCategory,
    priority: Priority,
  })
  .superRefine(({ included, tiers }, context) => {
    let below = quantityOf(included);
    for (const [index, { upTo }] of tiers.entries()) {
      const path = ['tiers', index, 'upTo'];
      const last = index === tiers.length - 1;
      if (last !== (upTo === undefined)) {
        const message = last
          ? 'must be left out of the last tier: it has no end'
          : 'must be given in all tiers but the last';
        context.addIssue({ code: 'custom', path, message });
      } else if (upTo !== undefined) {
        const to = quantityOf(upTo);
        if (to <= below)
          context.addIssue({
            code: 'custom',
            path,
            message: 'must be more than what is included and than the tier before',
          });
        below = to;
      }
    }
  });

const Plan = z.strictObject({
  description: Text,
  /** Of its recurring charges. Usage is charged when it is known, which is in arrears. */
  in: In.default('arrears'),
  charges: z
    .array(RecurringCharge)
    .min(1, 'must have at least one charge')
    .max(20, 'has at most 20 charges')
    .refine((charges) => areDifferent(charges.map(({ code }) => code)), 'has two charges of the same code'),
  usage: z
    .array(UsageCharge)
    .max(20, 'has at most 20 meters')
    .default([])
    .refine((usage) => areDifferent(usage.map(({ meter }) => meter)), 'has two meters of the same name'),
});

const OneTimeCharge = z.strictObject({
  service: Identifier,
  description: Text,
  price: ExactDecimal,
  taxCategory: TaxCategory,
  priority: Priority,
});

/** Months are counted from the day the discount begins; without them it lasts as long as the subscription. */
const Months = z.int().min(1, 'must be at least 1').max(120, 'must be at most 120').optional();
const Discount = z.discriminatedUnion(
  'kind',
  [
    /** So much off one charge in each cycle, for a part of a cycle by the day as the charge itself. */
    z.strictObject({ kind: z.literal('fixed'), description: Text, amount: ExactDecimal, charge: Code, months: Months }),
    /** A share of a charge, or of all recurring charges of the plan. */
    z.strictObject({
      kind: z.literal('percent'),
      description: Text,
      percent: ExactDecimal.refine((percent) => Number(percent) <= 100, 'must be at most 100'),
      charge: Code.optional(),
      months: Months,
    }),
  ],
  'must be a discount of kind "fixed" with an amount, or of kind "percent" with a percent',
);

const Tax = z.strictObject({
  jurisdiction: Identifier,
  rate: ExactDecimal.regex(/^0+(\.|$)/, 'is a fraction below 1: "0.0725" for 7.25 %'),
  /** The kinds of charges it is levied on. */
  categories: z.array(TaxCategory).min(1, 'must name at least one category'),
});

const monthDay = { name: Text, month: z.int().min(1).max(12) };
/** A holiday on a fixed day, or on the how-manieth weekday of a month (0 is Sunday; −1 is the last). */
const Holiday = z.union([
  z.strictObject({ ...monthDay, day: z.int().min(1).max(31) }),
  z.strictObject({ ...monthDay, weekday: z.int().min(0).max(6), nth: z.union([z.int().min(1).max(4), z.literal(-1)]) }),
]);
export type Holiday = z.output<typeof Holiday>;

const Terms = z.strictObject({
  /** Where tax and net are rounded: each line by itself, or the bill as a whole (SSUTA §324 leaves it to the seller). */
  rounding: z.enum(['line', 'bill']),
  /** Days from issue to when a bill is due, before it is rolled to a business day. */
  daysToPay: z.int().min(0).max(120),
  holidays: z.array(Holiday).max(60),
});

const CatalogueVersion = z
  .strictObject({
    version: Code,
    /** It holds for bills issued on this day and later, until the next version does. */
    validFrom: Day,
    currency: z.string().refine((code) => minorUnitDigits(code) !== undefined, 'must be an active ISO 4217 code'),
    terms: Terms,
    plans: z.record(Code, Plan),
    oneTime: z.record(Code, OneTimeCharge).default({}),
    discounts: z.record(Code, Discount).default({}),
    /** Where service is used: the taxes there. */
    taxAreas: z.record(Code, z.array(Tax).max(10, 'has at most 10 taxes')),
  })
  .superRefine((version, context) => {
    const digits = minorUnitDigits(version.currency);
    if (digits === undefined) return;
    const atMinorUnit = (amount: string, path: (string | number)[]) => {
      if (!isFinerThan(amount.split('.')[1] ?? '', digits)) return;
      context.addIssue({
        code: 'custom',
        path,
        message: `must have at most ${digits} decimals: it is divided by days to the cent`,
      });
    };
    for (const [code, { charges }] of Object.entries(version.plans)) {
      for (const [index, { price }] of charges.entries())
        atMinorUnit(price, ['plans', code, 'charges', index, 'price']);
    }
    for (const [code, discount] of Object.entries(version.discounts)) {
      if (discount.kind === 'fixed') atMinorUnit(discount.amount, ['discounts', code, 'amount']);
    }
  });

/** One version of what is sold: plans, one-time charges, discounts, taxes and the terms of bills. */
export type CatalogueVersion = z.output<typeof CatalogueVersion>;
export type Plan = z.output<typeof Plan>;
export type UsageCharge = Plan['usage'][number];
export type Discount = z.output<typeof Discount>;

/** A catalogue file: its versions, the earliest first. */
export const Catalogue = z.strictObject({
  versions: z
    .array(CatalogueVersion)
    .min(1, 'must have at least one version')
    .refine((versions) => areDifferent(versions.map(({ version }) => version)), 'has two versions of the same name')
    .refine(
      (versions) => versions.every(({ validFrom }, at) => at === 0 || validFrom > versions[at - 1]!.validFrom),
      'must stand in the order of validFrom, and no two of the same day',
    ),
});
export type Catalogue = z.output<typeof Catalogue>;

/** Units of 10⁻⁸, in which quantities are counted exactly. */
export const QUANTITY_DIGITS = 8;

export function quantityOf(text: string): bigint {
  return parseMinor(text, QUANTITY_DIGITS);
}

/** The version that holds on a day. @throws Rejected CATALOGUE_NOT_YET */
export function versionOn({ versions }: Catalogue, day: string): CatalogueVersion {
  return (
    versions.findLast(({ validFrom }) => validFrom <= day) ??
    refuse(
      'CATALOGUE_NOT_YET',
      `no version of the catalogue holds on ${day}; the first is of ${versions[0]!.validFrom}`,
    )
  );
}

/** The version of a name. @throws Rejected CATALOGUE_VERSION_UNKNOWN */
export function versionNamed({ versions }: Catalogue, name: string): CatalogueVersion {
  return (
    versions.find(({ version }) => version === name) ??
    refuse('CATALOGUE_VERSION_UNKNOWN', `the catalogue has no version ${name}; put it back: events were made by it`)
  );
}

type Offered<Kind extends keyof CatalogueVersion> =
  CatalogueVersion[Kind] extends Record<string, infer Offer> ? Offer : never;

/** What a record of a version has under a code; refused when it has nothing. */
export function offered<Kind extends 'plans' | 'oneTime' | 'discounts' | 'taxAreas'>(
  version: CatalogueVersion,
  kind: Kind,
  code: string,
  field?: string,
): Offered<Kind> {
  const entries = version[kind] as Readonly<Record<string, Offered<Kind>>>;
  const found = Object.hasOwn(entries, code) ? entries[code] : undefined;
  if (found !== undefined) return found;
  return refuse(UNKNOWN[kind], `version ${version.version} of the catalogue has no ${code}; see GET /catalogue`, field);
}

const UNKNOWN = {
  plans: 'PLAN_UNKNOWN',
  oneTime: 'CHARGE_CODE_UNKNOWN',
  discounts: 'DISCOUNT_UNKNOWN',
  taxAreas: 'TAX_AREA_UNKNOWN',
} as const;

function areDifferent(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}
