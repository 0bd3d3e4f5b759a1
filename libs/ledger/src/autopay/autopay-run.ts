import { z } from 'zod';
import { type Decider, defineCommand } from '#libs/event-sourcing';
import { Day, Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { addDays } from '../importing/calendar.js';
import { type AutopayRunEvent, autopayRunEvents, AutopayReport } from './autopay-run-events.js';

export type AutopayRunState =
  | { readonly status: 'unknown' }
  | { readonly status: 'started' }
  | { readonly status: 'finished'; readonly report: AutopayReport };

/** The autopay run of a day, begun once and finished once: stream `autopayRun-<day>`. */
export const autopayRun: Decider<AutopayRunState, AutopayRunEvent> = {
  category: 'autopayRun',
  events: autopayRunEvents,
  initialState: { status: 'unknown' },
  evolve: (state, event) => {
    if (event.type === 'AutopayRunStarted') return { status: 'started' };
    if (state.status === 'unknown') throw new Error('history is broken: an autopay run is finished that was not begun');
    return { status: 'finished', report: event.data.report };
  },
};

/** Begins a run; one that was begun is gone on with and not begun again. */
export const StartAutopayRun = defineCommand({
  type: 'StartAutopayRun',
  decider: autopayRun,
  schema: z.strictObject({ date: Day, policy: Identifier }),
  decide(body, state, { at }): AutopayRunEvent[] {
    requireRunUnfinished(state);
    if (state.status === 'started') return [];
    return [{ type: 'AutopayRunStarted', data: { ...body, effectiveAt: at } }];
  },
});

/** Closes a run with its report. */
export const FinishAutopayRun = defineCommand({
  type: 'FinishAutopayRun',
  decider: autopayRun,
  schema: z.strictObject({ report: AutopayReport }),
  decide({ report }, state, { at }): AutopayRunEvent[] {
    if (state.status === 'unknown') refuse('AUTOPAY_RUN_UNKNOWN', 'this run was never begun; begin it first');
    if (state.status === 'finished') return [];
    return [{ type: 'AutopayRunFinished', data: { report, effectiveAt: at } }];
  },
});

/** Refuses to begin or go on with a run that has come to its end. */
export function requireRunUnfinished({ status }: AutopayRunState): void {
  if (status !== 'finished') return;
  refuse('AUTOPAY_RUN_FINISHED', 'the run of this day is finished; what has become due since is done by the next one');
}

/** Refuses a day ahead: money moves on the day it was announced for. A day is allowed for time zones. */
export function requireDue(date: string, today: string): void {
  if (date <= addDays(today, 1)) return;
  refuse('AUTOPAY_RUN_NOT_DUE', 'the day has not come; try it with a dry run, or run it then', 'date');
}
