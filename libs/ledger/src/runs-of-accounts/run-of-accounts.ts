import { z } from 'zod';
import { type Decider, defineCommand, type DomainEvent } from '#libs/event-sourcing';
import { refuse, type RejectionCode } from '../billing/rejections.js';
import { addDays } from '../importing/calendar.js';

/** The two events of a run, by these names for ever: `BillingRunStarted`, `BillingRunFinished`. */
type RunEvent<Name extends string, Begun extends OfDay, Report> =
  | DomainEvent<`${Name}Started`, Begun & { effectiveAt: string }>
  | DomainEvent<`${Name}Finished`, { report: Report; effectiveAt: string }>;

/** What is known of a run. `begun` is what it was begun with, and goes on with. */
type RunState<Begun, Report> =
  | { readonly status: 'unknown' }
  | { readonly status: 'started'; readonly begun: Begun }
  | { readonly status: 'finished'; readonly begun: Begun; readonly report: Report };

/** What any run is begun with. */
interface OfDay {
  readonly date: string;
}

type Refusal = readonly [code: RejectionCode, message: string];

/** What tells one kind of run from another in its own stream. */
interface Kind<Name extends string, Begun extends OfDay, Report> {
  readonly name: Name;
  /** Streams are `<category>-<id>`. */
  readonly category: string;
  readonly events: Decider<unknown, RunEvent<Name, Begun, Report>>['events'];
  readonly begun: z.ZodType<Begun>;
  readonly report: z.ZodType<Report>;
  /** Said of a run that was never begun. */
  readonly unknown: Refusal;
  /** Said to whoever begins a run that has come to its end. */
  readonly finished: Refusal;
  /** The code by which a day is refused that has not come. */
  readonly ahead: RejectionCode;
  /** Said of a day that has passed without its run. Left out where it may be made up for under its own date. */
  readonly passed?: Refusal;
}

/**
 * The days of which no run may have been begun before one of a day that has passed: days are run in their order. None stands in
 * the way of the run of today, as that of tomorrow would, which somebody further east, or by mistake, has begun already.
 */
export function daysAfter(date: string, today: string): string[] {
  return date < today ? [addDays(date, 1), addDays(date, 2)] : [];
}

/** Whether the day of a run is over, in whatever time zone. */
export function hasPassed(date: string, today: string): boolean {
  return date < addDays(today, -1);
}

/**
 * A run over accounts as its own stream tells of it: begun once and finished once. What it does on the accounts is in theirs.
 * It is a decider, with its two commands.
 */
export function runOfAccounts<Name extends string, Begun extends OfDay, Report>(kind: Kind<Name, Begun, Report>) {
  type Event = RunEvent<Name, Begun, Report>;
  const { name, category, events } = kind;
  const decider: Decider<RunState<Begun, Report>, Event> = {
    category,
    events,
    initialState: { status: 'unknown' },
    evolve: (state, { type, data }) => {
      if (type === `${name}Started`) return { status: 'started', begun: data as unknown as Begun };
      if (state.status === 'unknown') throw new Error(`history is broken: a ${name} is finished that was not begun`);
      return { status: 'finished', begun: state.begun, report: (data as { report: Report }).report };
    },
  };
  const requireUnfinished = ({ status }: RunState<Begun, Report>): void => {
    if (status === 'finished') refuse(...kind.finished);
  };
  /** A day before and after is allowed for time zones. */
  const requireDay = (date: string, today: string): void => {
    if (date > addDays(today, 1)) {
      refuse(kind.ahead, 'the day has not come; try it with a dry run, or run it then', 'date');
    }
    if (kind.passed && hasPassed(date, today)) refuse(...kind.passed, 'date');
  };
  const told = (what: 'Started' | 'Finished', data: object) => [{ type: `${name}${what}`, data } as unknown as Event];
  return {
    ...decider,
    /** Begins a run on its day. One that was begun is gone on with, whatever day it is by now, and not begun again. */
    start: defineCommand({
      type: `Start${name}`,
      decider,
      schema: kind.begun,
      decide(begun, state, { at }): Event[] {
        requireUnfinished(state);
        if (state.status === 'started') return [];
        requireDay(begun.date, at.slice(0, 10));
        return told('Started', { ...begun, effectiveAt: at });
      },
    }),
    /** Closes a run with its report. */
    finish: defineCommand({
      type: `Finish${name}`,
      decider,
      schema: z.strictObject({ report: kind.report }),
      decide({ report }, state, { at }): Event[] {
        if (state.status === 'unknown') refuse(...kind.unknown);
        return state.status === 'finished' ? [] : told('Finished', { report, effectiveAt: at });
      },
    }),
    /** Refuses to begin or go on with a run that has come to its end. */
    requireUnfinished,
    /** Refuses to begin a run after one of a later day. @param status of a run of a later day */
    requireNoneLater({ status }: RunState<Begun, Report>): void {
      if (!kind.passed || status === 'unknown') return;
      refuse(kind.passed[0], 'the run of a later day was begun already; days are run in their order', 'date');
    },
    /** What a run was begun with. @throws Rejected when it was never begun */
    begunOf(state: RunState<Begun, Report>): Begun {
      return state.status === 'unknown' ? refuse(...kind.unknown) : state.begun;
    },
  };
}

export type RunOfAccounts<Name extends string, Begun extends OfDay, Report> = ReturnType<
  typeof runOfAccounts<Name, Begun, Report>
>;
