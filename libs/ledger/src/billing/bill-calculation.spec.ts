import fc from 'fast-check';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { calculateBill, type Charge, type RoundingPolicy } from './bill-calculation.js';

/* The reference: fractions of whole numbers, nothing rounded before the rule says so. Slow, and plain to read. */

interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const NOTHING: Fraction = { over: 0n, under: 1n };

function fraction(text: string): Fraction {
  const [whole = '0', decimals = ''] = text.split('.');
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) };
}

function times(one: Fraction, other: Fraction): Fraction {
  return { over: one.over * other.over, under: one.under * other.under };
}

function plus(one: Fraction, other: Fraction): Fraction {
  return { over: one.over * other.under + other.over * one.under, under: one.under * other.under };
}

function minus(one: Fraction, other: Fraction): Fraction {
  return plus(one, { ...other, over: -other.over });
}

const UNEVEN = [
  discountedBy('1', '93.4026', '24.82'),
  discountedBy('14.56', '165.8814', '98.87', '1086.85'),
  discountedBy('25.05', '66.3107', '64.41'),
];

/** In cents, half a cent up (SSUTA §324: to the third decimal, and up above four). */
function cents({ over, under }: Fraction): bigint {
  return (2n * 100n * over + under) / (2n * under);
}

function netOf({ quantity, unitPrice, discounts }: Charge): Fraction {
  let net = times(fraction(quantity), fraction(unitPrice));
  for (const discount of discounts) {
    const off =
      discount.kind === 'fixed'
        ? fraction(discount.amount)
        : times(net, times(fraction(discount.percent), { over: 1n, under: 100n }));
    net = minus(net, off);
  }
  return net;
}

/** Net of the bill, and the tax of each jurisdiction at each rate, in cents. */
function reference(charges: readonly Charge[], policy: RoundingPolicy) {
  const taxes = new Map<string, bigint>();
  if (policy === 'line') {
    const nets = charges.map((charge) => cents(netOf(charge)));
    for (const [at, charge] of charges.entries()) {
      for (const { jurisdiction, rate } of charge.taxes) {
        const tax = cents(times({ over: nets[at]!, under: 100n }, fraction(rate)));
        taxes.set(`${jurisdiction} ${rate}`, (taxes.get(`${jurisdiction} ${rate}`) ?? 0n) + tax);
      }
    }
    return { net: nets.reduce((sum, net) => sum + net, 0n), taxes };
  }
  const exact = new Map<string, Fraction>();
  for (const charge of charges) {
    for (const { jurisdiction, rate } of charge.taxes) {
      const key = `${jurisdiction} ${rate}`;
      exact.set(key, plus(exact.get(key) ?? NOTHING, times(netOf(charge), fraction(rate))));
    }
  }
  for (const [key, sum] of exact) taxes.set(key, cents(sum));
  return { net: cents(charges.map(netOf).reduce(plus, NOTHING)), taxes };
}

const decimal = (max: number, digits: number) =>
  fc.bigInt({ min: 0n, max: BigInt(max) * 10n ** BigInt(digits) }).map((minor) => formatMinor(minor, digits));

const TAXES = [
  { jurisdiction: 'US-NY', rate: '0.04' },
  { jurisdiction: 'US-NY-NYC', rate: '0.04875' },
  { jurisdiction: 'US-NY', rate: '0.06' },
];

/** Charges with up to two discounts that leave something, or nothing, and up to three taxes. */
const charge = fc
  .record({
    quantity: fc.oneof(fc.constant('1'), decimal(30, 2)),
    unitPrice: decimal(200, 4),
    fixed: fc.option(fc.nat(100), { nil: undefined }),
    percent: fc.option(decimal(100, 2), { nil: undefined }),
    taxes: fc.subarray(TAXES),
  })
  .map(({ quantity, unitPrice, fixed, percent, taxes }): Omit<Charge, 'lineId'> => {
    const most = times(fraction(quantity), fraction(unitPrice));
    // So many hundredths of the price, in whole cents.
    const amount = formatMinor((most.over * BigInt(fixed ?? 0)) / most.under, 2);
    return {
      ...{ service: 'internet', kind: 'recurring', description: 'Charge', priority: 100, quantity, unitPrice, taxes },
      discounts: [
        ...(fixed === undefined ? [] : [{ kind: 'fixed' as const, description: 'Off', amount }]),
        ...(percent === undefined ? [] : [{ kind: 'percent' as const, description: 'Share off', percent }]),
      ],
    };
  });
const charges = fc
  .array(charge, { minLength: 1, maxLength: 12 })
  .map((all) => all.map((one, at): Charge => ({ ...one, lineId: `L${at + 1}` })));

describe('What a bill comes to', () => {
  it('law: net and each jurisdiction’s tax are those of exact fractions rounded where the policy says, to the cent (SSUTA §324, EN 16931 BR-CO-10)', () => {
    fc.assert(
      fc.property(charges, fc.constantFrom('line', 'bill'), (stated, policy) => {
        const { lines, total } = calculateBill(stated, policy, 2);
        const expected = reference(stated, policy);
        expect(lines.reduce((sum, { net }) => sum + parseMinor(net, 2), 0n)).toBe(expected.net);
        const taxes = new Map<string, bigint>();
        for (const tax of lines.flatMap((line) => line.taxes)) {
          const key = `${tax.jurisdiction} ${tax.rate}`;
          taxes.set(key, (taxes.get(key) ?? 0n) + parseMinor(tax.amount, 2));
        }
        expect(taxes).toEqual(expected.taxes);
        expect(total).toBe([...expected.taxes.values()].reduce((sum, tax) => sum + tax, expected.net));
      }),
    );
  });

  it('law: no line and no tax of a line is a cent or more from its exact amount, however the bill is rounded', () => {
    fc.assert(
      fc.property(charges, fc.constantFrom('line', 'bill'), (stated, policy) => {
        const { lines } = calculateBill(stated, policy, 2);
        const isNear = (amount: string, exact: Fraction) => {
          const { over, under } = minus(fraction(amount), exact);
          return over * 100n < under && -over * 100n < under;
        };
        for (const [at, line] of lines.entries()) {
          const net = netOf(stated[at]!);
          expect(isNear(line.net, net)).toBe(true);
          for (const { amount, rate } of line.taxes) expect(isNear(amount, times(net, fraction(rate)))).toBe(true);
        }
      }),
      // One line of hundreds beside two small ones: what the sum was rounded by was once laid on all in proportion, most of it there.
      { examples: [[UNEVEN, 'bill']] },
    );
  });
});

function discountedBy(quantity: string, unitPrice: string, percent: string, off?: string): Charge {
  const share = { kind: 'percent', description: 'Share off', percent } as const;
  return {
    ...{ lineId: `L ${unitPrice}`, service: 'internet', kind: 'recurring', description: 'Charge', priority: 100 },
    ...{ quantity, unitPrice, taxes: [{ jurisdiction: 'US-NY-NYC', rate: '0.04875' }] },
    discounts: off === undefined ? [share] : [{ kind: 'fixed', description: 'Off', amount: off }, share],
  };
}
