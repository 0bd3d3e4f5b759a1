import { z } from 'zod';
import { Day, Instant } from '../billing/command-fields.js';

/** A day, until its end in UTC, or an instant. */
export const Moment = z.union([Day, Instant], {
  error: 'must be a day such as "2026-04-30" or an instant such as "2026-04-30T12:00:00Z", from the year 1900 on',
});

/**
 * The two moments of an as-of question: what counts for the customer up to `effectiveAt`, as far as it was recorded up to
 * `recordedAt`; each a {@link Moment}, included. Undefined is no bound. The answer is the sum over exactly the events with
 * both their times up to these.
 */
export interface Moments {
  readonly effectiveAt?: string | undefined;
  readonly recordedAt?: string | undefined;
}

/** The two moments in a query string. */
export const MomentsQuery = {
  effectiveAt: Moment.optional().meta({
    description:
      'What counts for the customer up to then: a day (its end in UTC) or an instant; without it, everything',
  }),
  recordedAt: Moment.optional().meta({
    description: 'What had been recorded up to then: a day (its end in UTC) or an instant; without it, everything',
  }),
} as const;

/** The day past due is reckoned from. */
export function agingDay({ effectiveAt }: Moments, now: Date): string {
  return dayOf(effectiveAt ?? now.toISOString());
}

export const AgingDay = z.iso
  .date()
  .meta({ description: 'The day past due is reckoned from: that of effectiveAt, else today (UTC)' });

/** The moments an answer is of, as they were asked for. */
export const MomentsAnswer = {
  effectiveAt: z.string().nullable().meta({ description: 'As asked, in UTC; null: no bound' }),
  recordedAt: z.string().nullable().meta({ description: 'As asked, in UTC; null: no bound' }),
} as const;

export function toldMoments({ effectiveAt, recordedAt }: Moments) {
  return { effectiveAt: effectiveAt ?? null, recordedAt: recordedAt ?? null };
}

const DAY_IN_MS = 24 * 60 * 60 * 1000;
/** PostgreSQL's own word for a time after all others. */
const NEVER = 'infinity';

/**
 * The first instant that no longer counts, as PostgreSQL reads it. Instants are stored to the millisecond, so that the one
 * after a moment is a millisecond later.
 */
export function endOf(moment: string | undefined): string {
  if (moment === undefined) return NEVER;
  return isDay(moment) ? iso(Date.parse(moment) + DAY_IN_MS) : iso(Date.parse(moment) + 1);
}

/** The first instant that is not of a day which counts from its beginning to its end. */
export function endOfWholeDays(moment: string | undefined): string {
  return moment === undefined || isDay(moment) ? endOf(moment) : `${dayOf(moment)}T00:00:00.000Z`;
}

/** Whether something that happened at an instant counts. */
export function countsAt({ effectiveAt, recordedAt }: Moments, effective: string, recorded: string): boolean {
  return isBefore(effective, endOf(effectiveAt)) && isBefore(recorded, endOf(recordedAt));
}

/** Whether both moments, where they are given, are days. */
export function wholeDays({ effectiveAt, recordedAt }: Moments): boolean {
  return [effectiveAt, recordedAt].every((moment) => moment === undefined || isDay(moment));
}

/** The day in UTC that a moment is, or lies in. */
export function dayOf(moment: string): string {
  return moment.slice(0, 10);
}

function isDay(moment: string): boolean {
  return moment.length === 10;
}

function isBefore(instant: string, end: string): boolean {
  return end === NEVER || Date.parse(instant) < Date.parse(end);
}

/** A year has four digits; what would come after the last one is never. */
function iso(time: number): string {
  const text = new Date(time).toISOString();
  return text.startsWith('+') ? NEVER : text;
}
