/** The ISO day of a year, month and day, or undefined when the calendar has none. */
export function dayOf(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.toISOString().slice(0, 10);
}

/**
 * `YYMMDD`, as NACHA and BAI write days. Their two digits are years of this century: both formats are about entries of
 * now, and neither reaches back before 2000 in any file that can still be applied.
 */
export function yymmdd(text: string): string | undefined {
  if (!/^\d{6}$/.test(text)) return undefined;
  return dayOf(2000 + Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4)));
}

/** A day of the year (`001`–`366`) as the ISO day that is nearest to another: how NACHA writes settlement dates. */
export function nearestDayOfYear(dayOfYear: number, near: string): string | undefined {
  const year = Number(near.slice(0, 4));
  const days = [year - 1, year, year + 1].flatMap((one) => {
    const date = new Date(Date.UTC(one, 0, dayOfYear));
    return dayOfYear >= 1 && date.getUTCFullYear() === one ? [date] : [];
  });
  const target = Date.parse(near);
  const [nearest] = days.sort((left, right) => Math.abs(+left - target) - Math.abs(+right - target));
  return nearest?.toISOString().slice(0, 10);
}

/** `HHMM`; 2400 and 9999 are how BAI2 writes the end of a day. */
export function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):?[0-5]\d(:?[0-5]\d)?$/.test(text);
}

/** An ISO day so many days later. */
export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}
