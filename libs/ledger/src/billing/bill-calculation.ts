import {
  type Exact,
  exact,
  EXACT_ZERO,
  exactOfMinor,
  percentOf,
  plainText,
  roundHalfUp,
  wholeUnits,
} from '../money/decimal.js';
import { formatMinor } from '../money/minor-units.js';
import { refuse } from './rejections.js';

/** A charge as the biller states it, before anything is computed. */
export interface Charge {
  readonly lineId: string;
  readonly service: string;
  readonly kind: 'recurring' | 'one-time' | 'usage';
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discounts: readonly (
    | { readonly kind: 'fixed'; readonly description: string; readonly amount: string }
    | { readonly kind: 'percent'; readonly description: string; readonly percent: string }
  )[];
  readonly taxes: readonly { readonly jurisdiction: string; readonly rate: string }[];
  readonly priority: number;
}

/** Where amounts are rounded to the minor unit: each line by itself, or the bill as a whole. */
export type RoundingPolicy = 'line' | 'bill';

interface PricedCharge {
  readonly charge: Charge;
  readonly discounts: ReturnType<typeof discounted>['discounts'];
  /** Quantity × unit price less discounts, exactly. */
  readonly net: Exact;
}

/** Net and taxes of one line in minor units; the taxes in the order of the charge. */
interface RoundedLine {
  readonly net: bigint;
  readonly taxes: readonly bigint[];
}

/**
 * Computes a bill with exact decimals and rounds half up, once, where the policy says:
 *
 * - `line`: the net of each line, then each tax on that net (EN 16931 BR-CO-10; SSUTA §324 per item);
 * - `bill`: the sum of the nets, and the sum of each jurisdiction's tax at each rate (SSUTA §324 per invoice). The cents
 *   are then laid on the lines by largest remainder, so that the lines sum to the bill under either policy.
 *
 * Taxes are computed exactly and so to more than the third decimal that SSUTA §324 asks for. The residue is what
 * rounding added or dropped, so that every fraction of a cent stays accounted for.
 */
export function calculateBill(charges: readonly Charge[], policy: RoundingPolicy, digits: number) {
  const priced = charges.map((charge, index) => price(charge, `lines/${index}`));
  const rounded = policy === 'line' ? roundEachLine(priced, digits) : roundWholeBill(priced, digits);
  const totals = rounded.map(({ net, taxes }) => taxes.reduce((sum, tax) => sum + tax, net));
  const total = totals.reduce((sum, line) => sum + line, 0n);
  return {
    lines: priced.map((line, index) => calculatedLine(line, rounded[index], totals[index] ?? 0n, digits)),
    total,
    residue: plainText(exactOfMinor(total, digits).minus(exactTotal(priced))),
  };
}

function price(charge: Charge, field: string): PricedCharge {
  const gross = charge.quantity === '1' ? exact(charge.unitPrice) : exact(charge.unitPrice).times(charge.quantity);
  if (charge.discounts.length === 0) return { charge, discounts: [], net: gross };
  return { charge, ...discounted(charge, gross, field) };
}

/** Discounts in their order, each on what the ones before it left, never below zero (AQ1). */
function discounted(charge: Charge, gross: Exact, field: string) {
  let net = gross;
  const discounts = charge.discounts.map((discount, index) => {
    const value = discount.kind === 'fixed' ? discount.amount : discount.percent;
    const amount = discount.kind === 'fixed' ? exact(value) : percentOf(net, exact(value));
    if (amount.greaterThan(net)) {
      const named = `${field}/discounts/${index}/${discount.kind === 'fixed' ? 'amount' : 'percent'}`;
      refuse('DISCOUNT_EXCEEDS_CHARGE', `only ${plainText(net)} is left of this charge; lower the discount`, named);
    }
    net = net.minus(amount);
    // The exact amount, so that price less discounts is the net before it is rounded.
    return { kind: discount.kind, description: discount.description, value, amount: plainText(amount) };
  });
  return { discounts, net };
}

function roundEachLine(priced: readonly PricedCharge[], digits: number): RoundedLine[] {
  return priced.map(({ charge, net: exactNet }) => {
    const net = roundHalfUp(exactNet, digits);
    const taxes = charge.taxes.map(({ rate }) => roundHalfUp(exactOfMinor(net, digits).times(rate), digits));
    return { net, taxes };
  });
}

function roundWholeBill(priced: readonly PricedCharge[], digits: number): RoundedLine[] {
  const nets = spread(
    priced.map(({ net }) => net),
    digits,
  );
  const taxes = priced.map(({ charge }) => charge.taxes.map(() => 0n));
  for (const group of taxGroups(priced).values()) {
    const shares = spread(
      group.map(({ amount }) => amount),
      digits,
    );
    for (const [index, { line, tax }] of group.entries()) (taxes[line] ??= [])[tax] = shares[index] ?? 0n;
  }
  return nets.map((net, index) => ({ net, taxes: taxes[index] ?? [] }));
}

/** Every tax of the bill by jurisdiction and rate, with the line and place it belongs to. */
function taxGroups(priced: readonly PricedCharge[]) {
  const groups = new Map<string, { line: number; tax: number; amount: Exact }[]>();
  for (const [line, { charge, net }] of priced.entries()) {
    for (const [tax, { jurisdiction, rate }] of charge.taxes.entries()) {
      const exactRate = exact(rate);
      const key = `${jurisdiction}\n${plainText(exactRate)}`;
      const group = groups.get(key) ?? [];
      groups.set(key, [...group, { line, tax, amount: net.times(exactRate) }]);
    }
  }
  return groups;
}

/**
 * The sum, rounded once, laid on the parts: each has its own whole units, and those with the largest remainders one more, so that
 * none is a whole unit from what it is exactly.
 */
function spread(parts: readonly Exact[], digits: number): bigint[] {
  const sum = parts.reduce((left, right) => left.plus(right), EXACT_ZERO);
  const whole = parts.map((part) => wholeUnits(part, digits));
  const left = roundHalfUp(sum, digits) - whole.reduce((all, { units }) => all + units, 0n);
  const byRest = [...whole.keys()].sort((one, other) => whole[other]!.rest.comparedTo(whole[one]!.rest));
  const rounded = new Set(byRest.slice(0, Number(left)));
  return whole.map(({ units }, index) => (rounded.has(index) ? units + 1n : units));
}

function exactTotal(priced: readonly PricedCharge[]): Exact {
  return priced.reduce(
    (total, { charge, net }) => charge.taxes.reduce((sum, { rate }) => sum.plus(net.times(rate)), total.plus(net)),
    EXACT_ZERO,
  );
}

function calculatedLine(
  { charge, discounts }: PricedCharge,
  rounded: RoundedLine | undefined,
  total: bigint,
  digits: number,
) {
  const { lineId, service, kind, description, quantity, unitPrice, priority } = charge;
  const taxes = charge.taxes.map(({ jurisdiction, rate }, index) => ({
    jurisdiction,
    amount: formatMinor(rounded?.taxes[index] ?? 0n, digits),
    rate,
  }));
  const net = formatMinor(rounded?.net ?? 0n, digits);
  const amounts = { net, taxes, total: formatMinor(total, digits), priority };
  return { lineId, service, kind, description, quantity, unitPrice, discounts, ...amounts };
}
