import { businessDaysUntil, isBusinessDay } from './business-days.js';

describe('Business days', () => {
  it('are those of the Federal Reserve’s calendars of 2026 and 2027', () => {
    const holidays = [
      ...['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-09-07', '2026-10-12'],
      ...['2026-11-11', '2026-11-26', '2026-12-25', '2027-01-01', '2027-01-18', '2027-02-15', '2027-05-31'],
      // Independence Day 2027 is a Sunday and kept on the Monday; Juneteenth and Christmas 2027 are Saturdays and not kept.
      ...['2027-07-05', '2027-09-06', '2027-10-11', '2027-11-11', '2027-11-25'],
    ];
    const closed = [];
    for (
      let day = new Date('2026-01-01T00:00:00Z');
      day < new Date('2028-01-01');
      day.setUTCDate(day.getUTCDate() + 1)
    ) {
      const text = day.toISOString().slice(0, 10);
      const weekend = day.getUTCDay() === 0 || day.getUTCDay() === 6;
      if (!isBusinessDay(text) && !weekend) closed.push(text);
      if (weekend) expect(isBusinessDay(text)).toBe(false);
    }
    expect(closed).toEqual(holidays);
    expect(isBusinessDay('2020-06-19')).toBe(true);
  });

  it('are counted from a day on before another', () => {
    expect(businessDaysUntil('2026-01-19', '2026-01-23')).toBe(3);
    expect(businessDaysUntil('2026-01-23', '2026-01-26')).toBe(1);
    expect(businessDaysUntil('2026-01-26', '2026-01-26')).toBe(0);
  });
});
