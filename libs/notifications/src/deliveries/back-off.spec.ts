import fc from 'fast-check';
import { NotificationSettings } from '../settings.js';
import { backOff } from './back-off.js';

describe('The wait after a failed attempt', () => {
  it('may be twice as long after each, up to an hour', () => {
    const longest = [1, 2, 3, 4, 11, 12, 13, 100].map((attempts) => backOff(attempts, 1));
    expect(longest).toEqual([2_000, 4_000, 8_000, 16_000, 2_048_000, 3_600_000, 3_600_000, 3_600_000]);
  });

  it('lies anywhere below that, so that those who failed together do not come back together', () => {
    expect([0, 0.25, 0.5].map((random) => backOff(3, random))).toEqual([0, 2_000, 4_000]);
  });

  it('adds up to some hours before a person has to look, unless set otherwise', () => {
    const { PAYBILL_DELIVERY_ATTEMPTS: attempts } = NotificationSettings.parse({});
    const hours = (random: number) =>
      Array.from({ length: attempts - 1 }, (_, n) => backOff(n + 1, random)).reduce((a, b) => a + b) / 3_600_000;
    expect(hours(0.5)).toBeGreaterThan(4);
    expect(hours(1)).toBeLessThan(10);
  });

  it('is never shorter than the receiver asks for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (n, r, asked) => {
          expect(backOff(n, r, asked)).toBeGreaterThanOrEqual(asked);
          expect(backOff(n, r, asked)).toBeLessThanOrEqual(Math.max(3_600_000, asked));
        },
      ),
    );
  });
});
