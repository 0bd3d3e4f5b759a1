import fc from 'fast-check';
import { fold } from '#testing/event-sourcing';
import { calculateBill } from '../billing/bill-calculation.js';
import { addDays } from '../importing/calendar.js';
import { parseMinor } from '../money/minor-units.js';
import { type SubscriptionEvent } from '../subscriptions/subscription-events.js';
import { subscription } from '../subscriptions/subscription.js';
import { exampleCatalogue, planChanged, started, stopped, used, visit } from './billing-examples.js';
import { type BilledBefore, type ChargeLine, chargesUpTo } from './charges.js';

const catalogue = exampleCatalogue();

/** What is billed up to a day of what had been recorded, after a bill up to another of what had been recorded then. */
function billed(
  to: string,
  now: readonly SubscriptionEvent[],
  before?: { through: string; known: readonly SubscriptionEvent[] },
): ChargeLine[] {
  const last: BilledBefore | undefined = before && {
    ...{ through: before.through, known: fold(subscription, before.known), prepaid: [] },
  };
  return chargesUpTo(to, fold(subscription, now), last, catalogue);
}

/** Lines in short: `Small, 2026-01-15 to 2026-02-14 31.00`. */
function short(lines: readonly ChargeLine[]): string[] {
  return lines.map(({ description, quantity, unitPrice }) =>
    quantity === '1' ? `${description} ${unitPrice}` : `${description} ${quantity} × ${unitPrice}`,
  );
}

/** Before taxes and discounts, in cents. */
function cents(lines: readonly ChargeLine[]): bigint {
  return lines.reduce((sum, { unitPrice }) => sum + parseMinor(unitPrice, 2), 0n);
}

describe('What is billed from subscriptions', () => {
  it('is the price of each charge for a whole cycle, with the taxes of its kind where it is used (AQ1)', () => {
    const lines = billed('2026-02-15', [started('2026-01-15')]);
    expect(short(lines)).toEqual(['Small, 2026-01-15 to 2026-02-14 31.00', 'Router, 2026-01-15 to 2026-02-14 6.20']);
    expect(lines.map(({ taxes }) => taxes)).toEqual([[], [{ jurisdiction: 'US-PA', rate: '0.06' }]]);
    expect(billed('2026-02-15', [started('2026-01-15', { taxArea: 'US-OR' })]).flatMap(({ taxes }) => taxes)).toEqual(
      [],
    );
  });

  it('is by the day where the subscription starts or stops within a cycle (AQ1)', () => {
    expect(short(billed('2026-02-15', [started('2026-01-25'), stopped('2026-02-04')]))).toEqual([
      'Small, 2026-01-25 to 2026-02-03 (10 of 31 days) 10.00',
      'Router, 2026-01-25 to 2026-02-03 (10 of 31 days) 2.00',
    ]);
  });

  it('is by the day under either plan where the plan changes (CS4)', () => {
    expect(short(billed('2026-02-15', [started('2026-01-15'), planChanged('2026-02-04', 'large')]))).toEqual([
      'Small, 2026-01-15 to 2026-02-03 (20 of 31 days) 20.00',
      'Router, 2026-01-15 to 2026-02-03 (20 of 31 days) 4.00',
      'Large, 2026-02-04 to 2026-02-14 (11 of 31 days) 22.00',
    ]);
  });

  it('goes on where the bill before ended, and bills a start that was recorded late from its first day', () => {
    const known = [started('2026-01-15')];
    const late = started('2026-02-05', { subscriptionId: 'late', plan: 'large' });
    expect(short(billed('2026-03-15', [...known, late], { through: '2026-02-15', known }))).toEqual([
      'Small, 2026-02-15 to 2026-03-14 31.00',
      'Router, 2026-02-15 to 2026-03-14 6.20',
      'Large, 2026-02-05 to 2026-02-14 (10 of 31 days) 20.00',
      'Large, 2026-02-15 to 2026-03-14 62.00',
    ]);
  });

  it('is a line for each cycle when runs were left out', () => {
    expect(short(billed('2026-04-15', [started('2026-02-15', { plan: 'large' })]))).toEqual([
      'Large, 2026-02-15 to 2026-03-14 62.00',
      'Large, 2026-03-15 to 2026-04-14 62.00',
    ]);
  });

  it('is nothing before the first day and after the last', () => {
    expect(billed('2026-02-15', [started('2026-02-15')])).toEqual([]);
    const known = [started('2026-01-15'), stopped('2026-02-10')];
    expect(billed('2026-03-15', known, { through: '2026-02-15', known })).toEqual([]);
  });

  it('refuses a plan that this version of the catalogue does not offer', () => {
    expect(() => billed('2026-02-15', [started('2026-01-15', { plan: 'gone' })])).toThrow('has no gone');
  });
});

describe('Discounts', () => {
  it('take a share of every charge for so many months, to the day (AQ1)', () => {
    const lines = billed('2026-04-15', [started('2026-01-20', { plan: 'large', discounts: ['half'] })]);
    expect(lines.map(({ description, discounts }) => [description, discounts.length])).toEqual([
      ['Large, 2026-01-20 to 2026-02-14 (26 of 31 days)', 1],
      ['Large, 2026-02-15 to 2026-03-14', 1],
      ['Large, 2026-03-15 to 2026-03-19 (5 of 31 days)', 1],
      ['Large, 2026-03-20 to 2026-04-14 (26 of 31 days)', 0],
    ]);
  });

  it('take a fixed amount off their charge, by the day as the charge itself, and never more than it', () => {
    const [, router] = billed('2026-02-15', [started('2026-01-25', { discounts: ['loyalty', 'router'] })]);
    expect(router).toMatchObject({
      unitPrice: '4.20',
      discounts: [
        { kind: 'fixed', amount: '4.20' },
        { kind: 'percent', percent: '10' },
      ],
    });
    expect(calculateBill([{ lineId: 'L1', ...router! }], 'line', 2).total).toBe(0n);
  });
});

describe('Usage', () => {
  const start = started('2026-01-15');

  it('is charged by tiers beyond what is included, a line for each tier (AQ1)', () => {
    const lines = billed('2026-02-15', [start, used('2026-01-20', '12'), used('2026-02-01', '13.5')]);
    expect(short(lines.filter(({ kind }) => kind === 'usage'))).toEqual([
      'Data, 2026-01-15 to 2026-02-14 (GB) 10 × 0.50',
      'Data, 2026-01-15 to 2026-02-14 (GB) 5.5 × 0.105',
    ]);
    expect(billed('2026-02-15', [start, used('2026-01-20', '10')])).toHaveLength(2);
  });

  it('that comes late is billed next, as the units beyond those billed before', () => {
    const known = [start, used('2026-01-20', '15')];
    const late = [...known, used('2026-02-14', '3'), used('2026-02-16', '11')];
    const lines = billed('2026-03-15', late, { through: '2026-02-15', known });
    expect(short(lines.filter(({ kind }) => kind === 'usage'))).toEqual([
      'Data, 2026-01-15 to 2026-02-14 (GB) 3 × 0.50',
      'Data, 2026-02-15 to 2026-03-14 (GB) 0.50',
    ]);
  });

  it('of the cycle after waits for its bill although it was recorded before this one', () => {
    const known = [start, used('2026-02-16', '11')];
    expect(billed('2026-02-15', known).filter(({ kind }) => kind === 'usage')).toEqual([]);
    const next = billed('2026-03-15', known, { through: '2026-02-15', known });
    expect(short(next.filter(({ kind }) => kind === 'usage'))).toEqual(['Data, 2026-02-15 to 2026-03-14 (GB) 0.50']);
  });

  it('law: however usage is divided over bills, the units billed of each tier are those of all usage at once', () => {
    const quantity = fc.integer({ min: 1, max: 4_000 }).map((hundredths) => (hundredths / 100).toFixed(2));
    fc.assert(
      fc.property(fc.array(quantity, { minLength: 1, maxLength: 12 }), fc.nat(12), (quantities, late) => {
        const all = [start, ...quantities.map((amount, at) => used('2026-01-20', amount, `u-${at}`))];
        const known = all.slice(0, 1 + late);
        const units = (lines: readonly ChargeLine[], price: string) =>
          lines
            .filter(({ kind, unitPrice }) => kind === 'usage' && unitPrice === price)
            .reduce((sum, line) => sum + parseMinor(line.quantity, 8), 0n);
        const first = billed('2026-02-15', known);
        const second = billed('2026-03-15', all, { through: '2026-02-15', known });
        for (const price of ['0.50', '0.105']) {
          expect(units(first, price) + units(second, price)).toBe(units(billed('2026-02-15', all), price));
        }
      }),
    );
  });
});

describe('One-time charges', () => {
  it('are billed once, on the first bill that has their day behind it, also when they come late', () => {
    const known = [started('2026-01-15', { plan: 'large' }), visit('2026-02-20')];
    expect(short(billed('2026-02-15', known))).toEqual(['Large, 2026-01-15 to 2026-02-14 62.00']);
    const late = [...known, visit('2026-01-20', '00000000-0000-4000-8000-0000000000c2')];
    const second = billed('2026-03-15', late, { through: '2026-02-15', known });
    expect(short(second).slice(1)).toEqual(['Visit, 2026-01-20 60.00', 'Visit, 2026-02-20 60.00']);
    const third = billed('2026-04-15', late, { through: '2026-03-15', known: late });
    expect(short(third)).toEqual(['Large, 2026-03-15 to 2026-04-14 62.00']);
  });
});

describe('Laws of bills from subscriptions', () => {
  const offset = fc.nat(120);
  interface Past {
    readonly start: number;
    readonly change: number | undefined;
    readonly stop: number | undefined;
    readonly discounts: string[];
  }
  const history: fc.Arbitrary<Past> = fc.record({
    start: fc.nat(60),
    change: fc.option(offset, { nil: undefined }),
    stop: fc.option(offset, { nil: undefined }),
    discounts: fc.subarray(['half', 'loyalty', 'router']),
  });
  const day = (days: number) => addDays('2026-01-01', days);
  const eventsOf = ({ start, change, stop, discounts }: Past): SubscriptionEvent[] => {
    const end = stop === undefined ? undefined : start + stop;
    const changed = change !== undefined && change > 0 && (end === undefined || start + change < end);
    return [
      started(day(start), { discounts }),
      ...(changed ? [planChanged(day(start + change), 'large')] : []),
      ...(end === undefined ? [] : [stopped(day(end))]),
    ];
  };

  it('law: bills of cycle after cycle come to what one bill over all of them comes to (before taxes)', () => {
    fc.assert(
      fc.property(history, (past) => {
        const events = eventsOf(past);
        const months = ['2026-02-15', '2026-03-15', '2026-04-15', '2026-05-15'];
        let sum = 0n;
        for (const [at, to] of months.entries()) {
          const through = months[at - 1];
          sum += cents(billed(to, events, through === undefined ? undefined : { through, known: events }));
        }
        expect(sum).toBe(cents(billed('2026-05-15', events)));
      }),
    );
  });

  it('law: no line is negative, its lines sum to the bill, and rounding is accounted for, under either policy (SSUTA §324)', () => {
    fc.assert(
      fc.property(history, fc.constantFrom('line', 'bill'), (past, policy) => {
        const lines = billed('2026-05-15', eventsOf(past)).map((line, index) => ({ ...line, lineId: `L${index}` }));
        const { lines: calculated, total, residue } = calculateBill(lines, policy, 2);
        const sums = calculated.map((line) => {
          const taxes = line.taxes.reduce((sum, tax) => sum + parseMinor(tax.amount, 2), 0n);
          expect(parseMinor(line.net, 2) >= 0n && taxes >= 0n).toBe(true);
          expect(parseMinor(line.net, 2) + taxes).toBe(parseMinor(line.total, 2));
          return parseMinor(line.total, 2);
        });
        expect(sums.reduce((sum, line) => sum + line, 0n)).toBe(total);
        // Exact nets and taxes in units of 10⁻¹²: total − residue is the exact sum.
        const exact = lines.reduce((sum, { unitPrice, discounts, taxes }) => {
          let net = parseMinor(unitPrice, 12);
          for (const discount of discounts) {
            if (discount.kind === 'fixed') net -= parseMinor(discount.amount, 12);
            else net -= (net * BigInt(discount.percent)) / 100n;
          }
          return sum + net + taxes.reduce((all, { rate }) => all + (net * parseMinor(rate, 4)) / 10_000n, 0n);
        }, 0n);
        expect(total * 10n ** 10n - parseMinor(residue, 12)).toBe(exact);
      }),
    );
  });
});
