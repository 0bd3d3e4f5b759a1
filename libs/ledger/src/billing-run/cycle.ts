import { addDays } from '../importing/calendar.js';

/** Days from the first on and before the last: `to` itself is not in it. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** The last day that every month has. */
export const LAST_CYCLE_DAY = 28;

/** The last day on or before `day` on which a cycle begins. */
export function cycleStart(day: string, cycleDay: number): string {
  const [year, month, date] = parts(day);
  return date >= cycleDay ? dayOf(year, month, cycleDay) : dayOf(year, month - 1, cycleDay);
}

/** The first day after `day` on which a cycle begins. */
export function nextCycle(day: string, cycleDay: number): string {
  const [year, month, date] = parts(day);
  return date < cycleDay ? dayOf(year, month, cycleDay) : dayOf(year, month + 1, cycleDay);
}

/** A span cut where cycles begin: each part with the whole cycle it lies in. Nothing for an empty span. */
export function cyclesOver({ from, to }: Span, cycleDay: number): { readonly cycle: Span; readonly part: Span }[] {
  const cycles = [];
  for (let start = from; start < to;) {
    const cycle = { from: cycleStart(start, cycleDay), to: nextCycle(start, cycleDay) };
    const part = { from: start, to: cycle.to < to ? cycle.to : to };
    cycles.push({ cycle, part });
    start = cycle.to;
  }
  return cycles;
}

/** What is left of a span without the days of others: parts that follow one another, none of them empty. */
export function without(span: Span, others: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { from } = span;
  for (const other of [...others].sort((one, two) => (one.from < two.from ? -1 : 1))) {
    if (other.to <= from || other.from >= span.to) continue;
    if (other.from > from) left.push({ from, to: other.from });
    from = other.to;
  }
  return from < span.to ? [...left, { from, to: span.to }] : left;
}

/** How many days lie between two days. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** The same date so many months later, or the last day of that month where it has no such date. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = parts(day);
  const lastOfMonth = Number(addDays(dayOf(year, month + months + 1, 1), -1).slice(8));
  return dayOf(year, month + months, Math.min(date, lastOfMonth));
}

function parts(day: string): [number, number, number] {
  return [Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8))];
}

/** @param month counted from 1, and beyond 12 or below 1 into the years after or before */
function dayOf(year: number, month: number, date: number): string {
  const months = year * 12 + (month - 1);
  const text = (value: number, width: number) => String(value).padStart(width, '0');
  return `${text(Math.floor(months / 12), 4)}-${text((months % 12) + 1, 2)}-${text(date, 2)}`;
}
