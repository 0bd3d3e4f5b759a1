import { z } from 'zod';
import { type CommandContext } from '#libs/event-sourcing';
import { refuse } from './rejections.js';

/* The fields command bodies are made of: their format and nothing else. What business says of them is in each decide. */

// Letters, figures and signs with single blanks between: no control characters, no line breaks, no lone surrogates.
export const PRINTABLE = /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u;

/** A short identifier of the biller's own: a bill number, a line id, a service, a jurisdiction. */
export const Identifier = z
  .string('must be a text of 1 to 64 characters')
  .trim()
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters')
  .regex(PRINTABLE, 'must be printable characters with single blanks between words');

/** What a charge or discount is called on the bill; about the product, never about the customer. */
export const Description = z
  .string('must be a text of 1 to 120 characters')
  .trim()
  .min(1, 'must not be empty')
  .max(120, 'must have at most 120 characters')
  .regex(PRINTABLE, 'must be printable characters with single blanks between words');

/**
 * Why something was done, as a code. Reasons are stored for ever and shown to many, so they are no free text in which
 * somebody's name or illness would end up (SE5).
 */
export const ReasonCode = z
  .string('must be a code such as "billed-in-error"')
  .max(64, 'must have at most 64 characters')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a code such as "billed-in-error": lower-case letters, figures, hyphens');

const PLAUSIBLE_YEAR = /^(19|[2-9]\d)\d\d-/;

/** A calendar day, `2026-01-31`. */
export const Day = z.iso
  .date('must be a calendar day such as "2026-01-31"')
  .regex(PLAUSIBLE_YEAR, 'must be a day from the year 1900 on');

/** An instant with its offset from UTC; stored in UTC to the millisecond, so that instants compare as texts. */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be an instant such as "2026-01-31T12:00:00Z"' })
  .overwrite(inUtc)
  .regex(PLAUSIBLE_YEAR, 'must be an instant from the year 1900 on');

/** An exact decimal that is not money: a quantity, a price for one, a percentage, a rate. Zero or more. */
export const ExactDecimal = z
  .string('must be a decimal string such as "0.0725", not a number')
  .regex(/^\d{1,15}(\.\d{1,8})?$/, 'must be zero or more: at most 15 digits, and at most 8 after the point');

/** The instant a calendar day begins in UTC. */
export function startOf(day: string): string {
  return `${day}T00:00:00.000Z`;
}

const DAY_IN_MS = 24 * 60 * 60 * 1000;

/**
 * When a command counts for the customer: the moment it names, else now. Money counts when it arrives or before (the
 * postmark of a letter), so a moment ahead is a slip; a day is allowed for clocks and time zones.
 */
export function effectiveMoment(named: string | undefined, context: CommandContext, field = 'effectiveAt'): string {
  if (named === undefined) return context.at;
  if (Date.parse(named) - Date.parse(context.at) > DAY_IN_MS) {
    refuse('EFFECTIVE_IN_FUTURE', `this is more than a day ahead; leave ${field} out, or send it then`, field);
  }
  return named;
}

function inUtc(instant: string): string {
  const alreadyUtc = instant.length === 24 && instant.endsWith('Z');
  const time = alreadyUtc ? Number.NaN : Date.parse(instant);
  return Number.isNaN(time) ? instant : new Date(time).toISOString();
}
