import { z } from 'zod';
import { type CommandContext, defineCommand } from '#libs/event-sourcing';
import { addDays } from '../importing/calendar.js';
import { AmountText, readPositiveAmount, refuseTooLarge } from '../money/money.js';
import { formatMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, requireCurrency, requireOpen } from './account-state.js';
import { allocateOntoBill } from './allocation.js';
import { creditApplied } from './apply-credit.js';
import { calculateBill, type Charge } from './bill-calculation.js';
import { creditFor } from './collectible.js';
import { Day, Description, ExactDecimal, Identifier, Instant, startOf } from './command-fields.js';
import { refuse } from './rejections.js';
import { unusedReversed } from './reverse-unused.js';

const Discount = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('fixed'), description: Description, amount: AmountText }),
    z.strictObject({ kind: z.literal('percent'), description: Description, percent: ExactDecimal }),
  ],
  'must be a discount of kind "fixed" with an amount, or of kind "percent" with a percent',
);

const Tax = z.strictObject({
  jurisdiction: Identifier,
  /** A fraction: 0.0725 for 7.25 %. A percentage sent by mistake is caught, where it would else tax a hundredfold. */
  rate: ExactDecimal.regex(/^0+(\.|$)/, 'is a fraction below 1: "0.0725" for 7.25 %'),
});

const BillLine = z.strictObject({
  lineId: Identifier.optional(),
  service: Identifier,
  kind: z.enum(['recurring', 'one-time', 'usage']).default('recurring'),
  description: Description,
  quantity: ExactDecimal.default('1'),
  unitPrice: ExactDecimal,
  discounts: z.array(Discount).max(10, 'has at most 10 discounts').default([]),
  taxes: z.array(Tax).max(10, 'has at most 10 taxes').default([]),
  priority: z.int().min(0).max(1000).default(100),
});

/** What a bill from subscriptions is computed from: see `BillIssued`. */
const Basis = z.strictObject({
  catalogue: Identifier,
  run: Identifier.optional(),
  subscription: z.strictObject({ after: z.int().min(-1), through: z.int().min(0) }),
  arrearsTo: Day.optional(),
  /** Days that bills before it charged in advance and that are not used after all: given back with it. */
  unused: z
    .array(z.strictObject({ billNumber: Identifier, lineId: Identifier, from: Day, to: Day }))
    .max(200, 'has at most 200 stretches of days')
    .default([]),
});

/** A bill as a biller states it, apart from where it comes from. */
export const StatedBill = z.strictObject({
  billNumber: Identifier,
  issuedOn: Day,
  dueOn: Day,
  period: z
    .strictObject({ from: Day, to: Day })
    .refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be before the period begins' })
    .optional(),
  /** Prices are in the account's currency; naming it here makes sure. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals, such as "USD"')
    .optional(),
  lines: z.array(BillLine).min(1, 'must have at least one line').max(200, 'has at most 200 lines'),
  rounding: z.enum(['line', 'bill']).default('line'),
  effectiveAt: Instant.optional(),
});

const ComputedLine = BillLine.extend({
  prepaid: z
    .strictObject({ subscriptionId: Identifier, plan: Identifier, charge: Identifier, from: Day, to: Day })
    .optional(),
});
const ComputedLines = z.array(ComputedLine).max(200, 'has at most 200 lines');

/** A bill that may have been computed from subscriptions. */
export const ComputedBill = StatedBill.extend({
  lines: ComputedLines.min(1, 'must have at least one line'),
  basis: Basis.optional(),
});
type Computed = z.output<typeof ComputedBill>;

interface Corrected {
  readonly billNumber: string;
  readonly paid: bigint;
}

/**
 * Bills the account: computes every line exactly, and uses on the new bill at once what credit the account has beyond what
 * covers bills that were due before it. A bill may come to zero (a free month); it is then settled when it is issued. Where there is nothing to bill and only unused days
 * are given back, there are no lines and no bill.
 */
export const IssueBill = defineCommand({
  type: 'IssueBill',
  decider: account,
  schema: ComputedBill.extend({ lines: ComputedLines }).refine(
    ({ lines, basis }) => lines.length > 0 || (basis?.unused.length ?? 0) > 0,
    { path: ['lines'], error: 'must have at least one line' },
  ),
  decide(body, state, context): AccountEvent[] {
    requireOpen(state);
    requireNext(body, state.billed);
    if (body.lines.length > 0) return billing(body, state, context);
    const givenBack = givenBackWith(body, state, context);
    if (givenBack.length === 0) refuse('NOTHING_TO_BILL', 'nothing is left of what was charged in advance');
    return givenBack;
  },
});

/**
 * The events of a bill on an open account: what it gives back of earlier ones, the bill, and the credit that is used on it.
 * @param corrects the reversed bill it takes the place of, and what had been paid on that
 */
export function billing(
  body: Computed,
  state: AccountState,
  context: CommandContext,
  corrects?: Corrected,
): AccountEvent[] {
  const givenBack = givenBackWith(body, state, context);
  return [
    ...givenBack,
    ...billOf(
      body,
      givenBack.reduce((next, event) => account.evolve(next, event), state),
      context,
      corrects,
    ),
  ];
}

function givenBackWith(
  { basis, issuedOn, effectiveAt = startOf(issuedOn) }: Computed,
  state: AccountState,
  context: CommandContext,
) {
  return basis ? unusedReversed(state, { unused: basis.unused, run: basis.run, effectiveAt }, context) : [];
}

function billOf(body: Computed, state: AccountState, { at }: CommandContext, corrects?: Corrected): AccountEvent[] {
  if (body.currency !== undefined) requireCurrency(state, body.currency, 'currency');
  if (state.bills.get(body.billNumber)) {
    refuse('BILL_NUMBER_USED', 'the account has a bill with this number; give the new bill its own', 'billNumber');
  }
  if (body.dueOn < body.issuedOn) {
    refuse('DUE_BEFORE_ISSUED', 'a bill falls due on the day it is issued or later; correct one of the days', 'dueOn');
  }
  const issued = billIssued(body, state, corrects?.billNumber);
  if (state.credit === 0n) return [issued];
  const billed = account.evolve(state, issued);
  const when = { on: at.slice(0, 10), effectiveAt: issued.data.effectiveAt };
  return [issued, ...creditOnto(body.billNumber, billed, when, corrects?.paid)];
}

/**
 * A bill from subscriptions goes on exactly where the one before ended, in days and in what had been recorded: so nothing is
 * billed twice or left out, whoever else bills the account at the same time.
 */
function requireNext({ basis, period }: Computed, before: AccountState['billed']): void {
  if (!basis || !before) return;
  const { after, through } = basis.subscription;
  const { to } = before.arrears;
  const next =
    period !== undefined &&
    period.from >= to &&
    arrearsTo(basis, period) > to &&
    after === before.through &&
    through >= after;
  if (!next)
    refuse('BILLED_MEANWHILE', 'the account was billed from its subscriptions meanwhile; compute the bill anew');
}

/** The first day that a bill from subscriptions does not cover in arrears. */
export function arrearsTo(basis: NonNullable<Computed['basis']>, period: NonNullable<Computed['period']>): string {
  return basis.arrearsTo ?? addDays(period.to, 1);
}

function billIssued(body: Computed, state: AccountState, corrects: string | undefined) {
  const bill = calculateBill(chargesOf(body, state), body.rounding, state.digits);
  refuseTooLarge(bill.total, state.digits, 'lines');
  return {
    type: 'BillIssued',
    data: {
      billNumber: body.billNumber,
      issuedOn: body.issuedOn,
      dueOn: body.dueOn,
      ...(body.period && { period: body.period }),
      lines: bill.lines.map((line, index) => withDays(line, body.lines[index]?.prepaid)),
      total: { amount: formatMinor(bill.total, state.digits), currency: state.currency },
      rounding: { policy: body.rounding, residue: bill.residue },
      ...(body.basis && { basis: storedBasis(body.basis) }),
      ...(corrects !== undefined && { corrects }),
      effectiveAt: body.effectiveAt ?? startOf(body.issuedOn),
    },
  } as const;
}

function withDays<Line>(line: Line, prepaid: Computed['lines'][number]['prepaid']) {
  return prepaid ? { ...line, prepaid } : line;
}

function storedBasis({ catalogue, run, subscription, arrearsTo: to }: NonNullable<Computed['basis']>) {
  return { catalogue, ...(run !== undefined && { run }), subscription, ...(to !== undefined && { arrearsTo: to }) };
}

/** The lines with an id each, and fixed discounts checked as the money they are. */
function chargesOf({ lines }: Computed, state: AccountState): Charge[] {
  const ids = new Set<string>();
  return lines.map((line, index) => {
    const lineId = line.lineId ?? `L${index + 1}`;
    if (ids.has(lineId)) {
      refuse(
        'LINE_ID_DUPLICATE',
        'another line of the bill has this id; give each line its own',
        `lines/${index}/lineId`,
      );
    }
    ids.add(lineId);
    for (const [at, discount] of line.discounts.entries()) {
      if (discount.kind !== 'fixed') continue;
      readPositiveAmount(discount.amount, state.currency, `lines/${index}/discounts/${at}/amount`);
    }
    return { ...line, lineId };
  });
}

/**
 * The credit of an account, laid on a new bill as far as it goes; but not what covers bills that were due before it on the day:
 * laid elsewhere, those would be asked for and dunned again.
 * @param own what of the credit had been paid on the bill that this one takes the place of: nothing else has a claim to it
 */
export function creditOnto(
  billNumber: string,
  billed: AccountState,
  { on, effectiveAt }: { readonly on: string; readonly effectiveAt: string },
  own = 0n,
): AccountEvent[] {
  const most = own + creditFor(billed, billNumber, on, billed.credit - own);
  const { shares } = allocateOntoBill(billed, most, billNumber);
  return shares.length === 0 ? [] : [creditApplied(billed, shares, effectiveAt)];
}
