import { countsAt, endOf, endOfWholeDays, Moment } from './moment.js';

const read = (text: string) => Moment.safeParse(text);

describe('A moment of an as-of question', () => {
  it.each([
    ['2026-04-30', '2026-05-01T00:00:00.000Z'],
    ['2024-02-29', '2024-03-01T00:00:00.000Z'],
    ['2026-04-30T12:00:00Z', '2026-04-30T12:00:00.001Z'],
    ['2026-04-30T23:30:00-04:00', '2026-05-01T03:30:00.001Z'],
    ['2026-04-30T00:00:00Z', '2026-04-30T00:00:00.001Z'],
    ['9999-12-31', 'infinity'],
  ])('%s ends before %s', (text, end) => expect(endOf(read(text).data)).toBe(end));

  it('that is not given never ends', () => expect(endOf(undefined)).toBe('infinity'));

  it('of a day holds that whole day, and an instant the days before its own', () => {
    expect(endOfWholeDays('2026-04-30')).toBe('2026-05-01T00:00:00.000Z');
    expect(endOfWholeDays('2026-04-30T12:00:00.000Z')).toBe('2026-04-30T00:00:00.000Z');
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-04-30T12:00:00',
    '2026-04-30 12:00',
    '1826-04-30',
    '2026-4-30',
    '20260430',
  ])('%s is refused with what it has to be', (text) =>
    expect(read(text).error?.issues[0]?.message).toContain('must be a day such as'),
  );

  it('counts what happened in its last millisecond and not what came after', () => {
    const day = { effectiveAt: '2026-04-30', recordedAt: '2026-05-03' };
    expect(countsAt(day, '2026-04-30T23:59:59.999Z', '2026-05-03T23:59:59.999Z')).toBe(true);
    expect(countsAt(day, '2026-05-01T00:00:00.000Z', '2026-05-03T00:00:00.000Z')).toBe(false);
    expect(countsAt(day, '2026-04-30T00:00:00.000Z', '2026-05-04T00:00:00.000Z')).toBe(false);
    const instant = { effectiveAt: '2026-04-30T12:00:00.000Z' };
    expect(countsAt(instant, '2026-04-30T12:00:00.000Z', '2026-05-04T00:00:00.000Z')).toBe(true);
    expect(countsAt(instant, '2026-04-30T12:00:00.001Z', '2026-05-04T00:00:00.000Z')).toBe(false);
  });
});
