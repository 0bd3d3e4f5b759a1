import { addDays } from '../importing/calendar.js';
import { type CatalogueVersion, type Holiday } from './catalogue.js';

const SUNDAY = 0;
const SATURDAY = 6;

/**
 * The day a bill falls due: so many days after it is issued as the terms say, rolled forward to a business day where that is
 * none (52 Pa. Code §56.21: at least 20 days, and the next business day).
 */
export function dueDate(issuedOn: string, { daysToPay, holidays }: CatalogueVersion['terms']): string {
  let day = addDays(issuedOn, daysToPay);
  while (!isBusinessDay(day, holidays)) day = addDays(day, 1);
  return day;
}

function isBusinessDay(day: string, holidays: readonly Holiday[]): boolean {
  const weekday = weekdayOf(day);
  if (weekday === SUNDAY || weekday === SATURDAY) return false;
  return !holidays.some((holiday) => observedOn(holiday, Number(day.slice(0, 4))) === day);
}

/** A fixed holiday on a Sunday is kept on the Monday after it; one on a Saturday moves nothing (Federal Reserve Banks). */
function observedOn(holiday: Holiday, year: number): string {
  if ('nth' in holiday) return nthWeekday(year, holiday);
  const day = dayOf(year, holiday.month, holiday.day);
  return weekdayOf(day) === SUNDAY ? addDays(day, 1) : day;
}

function nthWeekday(year: number, { month, weekday, nth }: Extract<Holiday, { nth: number }>): string {
  if (nth === -1) {
    const last = addDays(month === 12 ? dayOf(year + 1, 1, 1) : dayOf(year, month + 1, 1), -1);
    return addDays(last, -((weekdayOf(last) - weekday + 7) % 7));
  }
  const first = dayOf(year, month, 1);
  return addDays(first, ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1));
}

function dayOf(year: number, month: number, day: number): string {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00.000Z`).getUTCDay();
}
