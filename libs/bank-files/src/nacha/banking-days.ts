import { dayOf, daysAfter } from '../days.js';

const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;

/** First year in which the Federal Reserve kept Juneteenth. */
const JUNETEENTH_SINCE = 2022;

/**
 * Whether the Federal Reserve settles ACH entries on a day: Monday to Friday, without its holidays. One that falls on a
 * Sunday is kept on the Monday after; one that falls on a Saturday is not made up for (Federal Reserve Bank Services,
 * Holiday Schedules).
 * @param day ISO
 */
export function isBankingDay(day: string): boolean {
  const weekday = weekdayOf(day);
  return weekday !== SUNDAY && weekday !== SATURDAY && !holidaysOf(Number(day.slice(0, 4))).has(day);
}

/** The banking day so many banking days after a day; with 0, the day itself or the next that is one. */
export function bankingDayAfter(day: string, days: number): string {
  let at = day;
  while (!isBankingDay(at)) at = daysAfter(at, 1);
  for (let left = days; left > 0; left -= 1) {
    do at = daysAfter(at, 1);
    while (!isBankingDay(at));
  }
  return at;
}

export interface Submission {
  /** Day and time of handing the file over, by the clock of the originating bank: `2026-01-31`, `16:30`. */
  readonly day: string;
  readonly time: string;
  /** Until when the bank takes files on a banking day: `17:00`. */
  readonly cutOff: string;
  /** Banking days from the one on which the bank processes the file to settlement: 1 unless it is a same-day file. */
  readonly leadDays?: number;
}

/** The effective entry date of a file: what comes after the cut-off, or on no banking day, is processed on the next. */
export function effectiveEntryDate({ day, time, cutOff, leadDays = 1 }: Submission): string {
  const isLate = isBankingDay(day) && time >= cutOff;
  return bankingDayAfter(bankingDayAfter(day, isLate ? 1 : 0), leadDays);
}

function holidaysOf(year: number): Set<string> {
  const fixed = [[1, 1], ...(year >= JUNETEENTH_SINCE ? [[6, 19]] : []), [7, 4], [11, 11], [12, 25]].map(
    ([month, day]) => keptOn(dayOf(year, month!, day!)!),
  );
  return new Set([
    ...fixed,
    nth(year, 1, MONDAY, 3), // Birthday of Martin Luther King, Jr.
    nth(year, 2, MONDAY, 3), // Washington’s Birthday
    daysAfter(nth(year, 6, MONDAY, 1), -7), // Memorial Day, the last Monday of May
    nth(year, 9, MONDAY, 1), // Labor Day
    nth(year, 10, MONDAY, 2), // Columbus Day
    nth(year, 11, THURSDAY, 4), // Thanksgiving Day
  ]);
}

function keptOn(day: string): string {
  return weekdayOf(day) === SUNDAY ? daysAfter(day, 1) : day;
}

/** The nth of a weekday in a month. */
function nth(year: number, month: number, weekday: number, count: number): string {
  const first = dayOf(year, month, 1)!;
  const offset = (weekday - weekdayOf(first) + 7) % 7;
  return daysAfter(first, offset + (count - 1) * 7);
}

function weekdayOf(day: string): number {
  return new Date(day).getUTCDay();
}
