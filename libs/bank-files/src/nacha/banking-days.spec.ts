import { bankingDayAfter, effectiveEntryDate, isBankingDay } from './banking-days.js';

const cutOff = '17:00';

describe('Banking days of the Federal Reserve', () => {
  it('are not the eleven holidays that its schedule names for 2026 and 2027', () => {
    const holidays = [
      ...['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-09-07', '2026-10-12'],
      ...['2026-11-11', '2026-11-26', '2026-12-25', '2027-01-01', '2027-01-18', '2027-02-15', '2027-05-31'],
      // The Fourth of July 2027 is a Sunday.
      ...['2027-07-05', '2027-09-06', '2027-10-11', '2027-11-11', '2027-11-25'],
    ];
    expect(holidays.filter(isBankingDay)).toEqual([]);
  });

  it('are the Fridays before a holiday that falls on a Saturday, which is not made up for', () => {
    // Independence Day 2026, Juneteenth and Christmas 2027.
    expect(['2026-07-03', '2027-06-18', '2027-12-24'].filter(isBankingDay)).toHaveLength(3);
  });

  it('are about 251 in a year', () => {
    for (const year of [2024, 2025, 2026, 2027, 2028, 2029, 2030]) {
      let days = 0;
      for (let day = `${year - 1}-12-31`; (day = bankingDayAfter(day, 1)) < `${year + 1}`;) days += 1;
      expect(days).toBeGreaterThanOrEqual(249);
      expect(days).toBeLessThanOrEqual(252);
    }
  });
});

describe('The effective entry date', () => {
  it.each([
    ['before the cut-off it is the next banking day', '2026-11-18', '16:59', '2026-11-19'],
    ['from the cut-off on it is a banking day later', '2026-11-18', '17:00', '2026-11-20'],
    ['a Friday evening file settles on Tuesday', '2026-11-20', '18:00', '2026-11-24'],
    ['a weekend file is one of Monday, at any hour', '2026-11-21', '23:00', '2026-11-24'],
    ['Thanksgiving is passed over', '2026-11-25', '12:00', '2026-11-27'],
    ['a file handed over on a holiday is one of the next day', '2026-11-26', '12:00', '2026-11-30'],
  ])('%s', (_, day, time, expected) => {
    expect(effectiveEntryDate({ day, time, cutOff })).toBe(expected);
  });

  it('is the same day for a same-day file', () => {
    expect(effectiveEntryDate({ day: '2026-11-18', time: '10:00', cutOff: '16:45', leadDays: 0 })).toBe('2026-11-18');
  });
});
