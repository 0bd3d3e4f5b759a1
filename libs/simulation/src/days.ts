import { addDays, monthsBefore } from '#libs/ledger';

/** The first day of a simulated biller that is given no other. It never changes, or the same seed would give another year. */
export const FIRST_DAY = '2021-01-01';

/**
 * The day after the last one of so many months: the same day of its month as the first, or the first of the next where its
 * month is too short for that.
 */
export function endOf(from: string, months: number): string {
  const month = monthsBefore(from, -months);
  return earlier(addDays(month, Number(from.slice(8)) - 1), monthsBefore(month, -1));
}

/** The first day of so many months that end before a day, or as soon before it as the lengths of months allow. */
export function firstDayOf(months: number, before: string): string {
  const month = monthsBefore(before, months);
  return earlier(addDays(month, Number(before.slice(8)) - 1), addDays(monthsBefore(month, -1), -1));
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

/** 0 is Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00.000Z`).getUTCDay();
}

export function isWorkday(day: string): boolean {
  return weekdayOf(day) % 6 !== 0;
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The latest day up to this one that is of that number in its month. */
export function latestOf(dayOfMonth: number, day: string): string {
  const thisMonth = `${day.slice(0, 8)}${String(dayOfMonth).padStart(2, '0')}`;
  return thisMonth <= day ? thisMonth : addDays(monthsBefore(day, 1), dayOfMonth - 1);
}

/** So many days up to one, that one included; Monday’s are those since Friday where it is one. */
export function lastDays(day: string, number: number): string[] {
  const days = number === 1 && weekdayOf(day) === 1 ? 3 : number;
  return Array.from({ length: days }, (_, back) => addDays(day, -back));
}
