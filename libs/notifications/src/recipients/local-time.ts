/* Local time of a time zone, by the tables of Intl. */

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    FORMATS.set(timeZone, format);
  }
  return format;
}

/** A moment as the clocks of a time zone show it, as if they showed UTC: milliseconds since 1970, whole seconds. */
export function wallClock(instant: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The calendar day, `2026-01-31`, in a time zone. */
export function localDay(instant: number, timeZone: string): string {
  return dayOf(wallClock(instant, timeZone));
}

/** The day some days later; earlier when negative. */
export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000);
}

/**
 * The first moment after another at which the clocks of a time zone show a given time. Where they leap over that time,
 * the moment is as far after the leap as the time lies in it.
 */
export function nextShowing(shown: number, timeZone: string, after: number): number {
  const offsets = [shown - 86_400_000, shown + 86_400_000].map((near) => wallClock(near, timeZone) - near);
  const moments = offsets.map((offset) => shown - offset).filter((moment) => moment > after);
  const showing = moments.filter((moment) => wallClock(moment, timeZone) === shown);
  return showing.length > 0 ? Math.min(...showing) : Math.max(...moments);
}

function dayOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}
