import fc from 'fast-check';
import { addDays } from '../importing/calendar.js';
import { addMonths, cyclesOver, cycleStart, daysBetween, LAST_CYCLE_DAY, nextCycle } from './cycle.js';
import { prorated } from './proration.js';

const days = fc.integer({ min: 0, max: 20_000 }).map((offset) => addDays('2000-01-01', offset));
const cycleDays = fc.integer({ min: 1, max: LAST_CYCLE_DAY });

describe('Cycles', () => {
  it('begin on the same day of every month, also across years and in February', () => {
    expect(cycleStart('2026-01-14', 15)).toBe('2025-12-15');
    expect(cycleStart('2026-01-15', 15)).toBe('2026-01-15');
    expect(nextCycle('2026-01-15', 15)).toBe('2026-02-15');
    expect(nextCycle('2026-12-28', 28)).toBe('2027-01-28');
    expect(nextCycle('2026-01-31', 28)).toBe('2026-02-28');
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(addMonths('2023-11-30', 3)).toBe('2024-02-29');
    expect(addMonths('2026-11-15', 14)).toBe('2028-01-15');
  });

  it('law: every day lies in exactly one cycle, of 28 to 31 days', () => {
    fc.assert(
      fc.property(days, cycleDays, (day, cycleDay) => {
        const cycle = { from: cycleStart(day, cycleDay), to: nextCycle(day, cycleDay) };
        expect(cycle.from <= day && day < cycle.to).toBe(true);
        expect(nextCycle(cycle.from, cycleDay)).toBe(cycle.to);
        expect(daysBetween(cycle.from, cycle.to)).toBeGreaterThanOrEqual(28);
        expect(daysBetween(cycle.from, cycle.to)).toBeLessThanOrEqual(31);
      }),
    );
  });

  it('law: a span is cut into parts that follow one another, each in its cycle, and nothing is left out', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 400 }), cycleDays, (from, length, cycleDay) => {
        const span = { from, to: addDays(from, length) };
        const parts = cyclesOver(span, cycleDay);
        let reached = span.from;
        for (const { cycle, part } of parts) {
          expect(part.from).toBe(reached);
          expect(cycle.from <= part.from && part.from < part.to && part.to <= cycle.to).toBe(true);
          reached = part.to;
        }
        expect(reached).toBe(span.to);
      }),
    );
  });
});

describe('Proration by the day', () => {
  const cycle = { from: '2026-01-15', to: '2026-02-15' };

  it('charges 26 of 31 days as the whole less the first 5 (AQ1)', () => {
    expect(prorated(4_999n, cycle, { from: '2026-01-20', to: '2026-02-15' })).toBe(4_193n);
    expect(prorated(4_999n, cycle, { from: '2026-01-15', to: '2026-01-20' })).toBe(806n);
  });

  it('law: however a cycle is divided, its parts sum to the price to the cent, and none is negative (AQ1)', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 31 }), { maxLength: 8 });
    fc.assert(
      fc.property(days, cycleDays, fc.bigInt({ min: 0n, max: 10n ** 15n }), cuts, (day, cycleDay, price, offsets) => {
        const whole = { from: cycleStart(day, cycleDay), to: nextCycle(day, cycleDay) };
        const inside = offsets.map((offset) => addDays(whole.from, offset)).filter((cut) => cut < whole.to);
        const bounds = [whole.from, ...inside.sort(), whole.to];
        const parts = bounds.slice(1).map((to, at) => prorated(price, whole, { from: bounds[at]!, to }));
        expect(parts.every((part) => part >= 0n)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(price);
      }),
    );
  });

  it('law: a part is within a cent of its exact share', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.nat(31), fc.nat(31), (price, one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const part = prorated(price, cycle, { from: addDays(cycle.from, from), to: addDays(cycle.from, to) });
        const difference = part * 31n - price * BigInt(to - from);
        expect(difference <= 31n && difference >= -31n).toBe(true);
      }),
    );
  });
});
