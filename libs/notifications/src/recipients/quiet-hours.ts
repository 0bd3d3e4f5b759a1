import { nextShowing, wallClock } from './local-time.js';

/** Local times of day, `22:00` to `07:00`; the end may lie on the next day. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** When the quiet hours that a moment lies in are over; undefined when it lies in none. */
export function quietUntil(now: Date, timeZone: string, { from, to }: QuietHours): Date | undefined {
  const wall = wallClock(now.getTime(), timeZone);
  const midnight = Math.floor(wall / DAY) * DAY;
  const [begin, end, time] = [minutes(from), minutes(to), Math.floor((wall - midnight) / MINUTE)];
  const overMidnight = begin > end;
  const quiet = overMidnight ? time >= begin || time < end : time >= begin && time < end;
  if (!quiet) return undefined;
  const endsTomorrow = overMidnight && time >= begin;
  const shown = midnight + end * MINUTE + (endsTomorrow ? DAY : 0);
  return new Date(nextShowing(shown, timeZone, now.getTime()));
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
