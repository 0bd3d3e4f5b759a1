import fc from 'fast-check';
import { quietUntil } from './quiet-hours.js';

const NIGHT = { from: '22:00', to: '07:00' };
const until = (now: string, timeZone: string, hours = NIGHT) =>
  quietUntil(new Date(now), timeZone, hours)?.toISOString();

describe('Quiet hours', () => {
  it('let everything through by day', () => {
    expect(until('2026-03-10T12:00:00Z', 'UTC')).toBeUndefined();
    expect(until('2026-03-10T07:00:00Z', 'UTC')).toBeUndefined();
    expect(until('2026-03-10T21:59:59Z', 'UTC')).toBeUndefined();
  });

  it('last over midnight into the next morning', () => {
    expect(until('2026-03-10T22:00:00Z', 'UTC')).toBe('2026-03-11T07:00:00.000Z');
    expect(until('2026-03-10T00:30:00Z', 'UTC')).toBe('2026-03-10T07:00:00.000Z');
    expect(until('2026-12-31T23:30:00Z', 'UTC')).toBe('2027-01-01T07:00:00.000Z');
  });

  it('may lie within one day', () => {
    const siesta = { from: '13:00', to: '15:30' };
    expect(until('2026-03-10T14:00:00Z', 'UTC', siesta)).toBe('2026-03-10T15:30:00.000Z');
    expect(until('2026-03-10T15:30:00Z', 'UTC', siesta)).toBeUndefined();
  });

  it('are no hours at all when they end where they begin', () => {
    expect(until('2026-03-10T22:00:00Z', 'UTC', { from: '22:00', to: '22:00' })).toBeUndefined();
  });

  it('go by the clocks of the customer', () => {
    expect(until('2026-01-10T04:00:00Z', 'America/New_York')).toBe('2026-01-10T12:00:00.000Z');
    expect(until('2026-01-10T16:00:00Z', 'America/New_York')).toBeUndefined();
    expect(until('2026-01-10T16:00:00Z', 'Asia/Kathmandu')).toBeUndefined();
    expect(until('2026-01-10T16:30:00Z', 'Asia/Kathmandu')).toBe('2026-01-11T01:15:00.000Z');
  });

  it('end an hour earlier, counted in hours, in the night the clocks go forward, and later when they go back', () => {
    // New York: forward on 8 March 2026, back on 1 November 2026, both at two in the morning.
    expect(until('2026-03-08T03:00:00Z', 'America/New_York')).toBe('2026-03-08T11:00:00.000Z');
    expect(until('2026-11-01T03:00:00Z', 'America/New_York')).toBe('2026-11-01T12:00:00.000Z');
  });

  it('that end at a time the clocks leap over end after the leap', () => {
    const hours = { from: '22:00', to: '02:30' };
    expect(until('2026-03-08T06:00:00Z', 'America/New_York', hours)).toBe('2026-03-08T07:30:00.000Z');
  });

  it('that end at a time the clocks show twice end at the next one', () => {
    const hours = { from: '22:00', to: '01:30' };
    expect(until('2026-11-01T05:00:00Z', 'America/New_York', hours)).toBe('2026-11-01T05:30:00.000Z');
    expect(until('2026-11-01T06:10:00Z', 'America/New_York', hours)).toBe('2026-11-01T06:30:00.000Z');
  });

  it('always end, within a day and an hour, at a moment that is not quiet', () => {
    const zones = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo'];
    const clock = (minutes: number) =>
      `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 12 * 60 }),
        (now, zone, from, length) => {
          const hours = { from: clock(from), to: clock(from + length) };
          const end = quietUntil(now, zone, hours);
          if (end === undefined) return;
          expect(end.getTime()).toBeGreaterThan(now.getTime());
          expect(end.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
          expect(quietUntil(end, zone, hours)).toBeUndefined();
        },
      ),
    );
  });
});
