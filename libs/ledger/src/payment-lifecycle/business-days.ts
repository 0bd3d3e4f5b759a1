import { addDays } from '../importing/calendar.js';

/** A payer may stop a preauthorised debit until this many business days before its day. */
export const STOP_BUSINESS_DAYS = 3;

/**
 * Business days as the Federal Reserve keeps them, which is when banks are open and debits settle: Monday to Friday but
 * for the holidays of 5 U.S.C. 6103. A holiday on a Sunday is kept on the Monday after it; one on a Saturday is not kept.
 *
 * @see https://www.frbservices.org/about/holiday-schedules
 */
export function isBusinessDay(day: string): boolean {
  const weekday = weekdayOf(day);
  if (weekday === 0 || weekday === 6) return false;
  return !isHoliday(day) && !(weekday === 1 && isFixedHoliday(addDays(day, -1)));
}

/** How many business days lie from `from` on before `to`: from a Monday to the Thursday after it, three. */
export function businessDaysUntil(from: string, to: string): number {
  let days = 0;
  for (let day = from; day < to; day = addDays(day, 1)) if (isBusinessDay(day)) days++;
  return days;
}

/** Whether a preauthorised debit can still be stopped: three business days before its day at the latest (12 CFR 1005.10(c)(1)). */
export function isStoppable(today: string, payOn: string): boolean {
  return businessDaysUntil(today, payOn) >= STOP_BUSINESS_DAYS;
}

/** The day itself when it is a business day, else the first one after it. */
export function businessDayFrom(day: string): string {
  return isBusinessDay(day) ? day : businessDayFrom(addDays(day, 1));
}

/** The day itself when it is a business day, else the last one before it. */
export function businessDayUpTo(day: string): string {
  return isBusinessDay(day) ? day : businessDayUpTo(addDays(day, -1));
}

/** New Year, Juneteenth (since 2021), Independence Day, Veterans Day, Christmas. */
function isFixedHoliday(day: string): boolean {
  const date = day.slice(5);
  if (date === '06-19') return day >= '2021';
  return date === '01-01' || date === '07-04' || date === '11-11' || date === '12-25';
}

function isHoliday(day: string): boolean {
  if (isFixedHoliday(day)) return true;
  const [month, date] = [Number(day.slice(5, 7)), Number(day.slice(8))];
  const nth = Math.ceil(date / 7);
  switch (weekdayOf(day)) {
    case 1:
      // King, Washington, Memorial (the last Monday of May), Labor, Columbus.
      if (month === 5) return date > 24;
      return (nth === 3 && (month === 1 || month === 2)) || (nth === 1 && month === 9) || (nth === 2 && month === 10);
    case 4:
      return month === 11 && nth === 4;
    default:
      return false;
  }
}

/** 0 is Sunday. */
function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00.000Z`).getUTCDay();
}
