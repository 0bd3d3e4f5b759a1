import { z } from 'zod';
import { type Decider, defineCommand } from '#libs/event-sourcing';
import { Day, Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { type BillingRunEvent, billingRunEvents, BillingReport } from './billing-run-events.js';
import { LAST_CYCLE_DAY } from './cycle.js';

type Started = Extract<BillingRunEvent, { type: 'BillingRunStarted' }>['data'];

export type BillingRunState =
  | { readonly status: 'unknown' }
  | { readonly status: 'started'; readonly begun: Started }
  | { readonly status: 'finished'; readonly begun: Started; readonly report: BillingReport };

/** A billing run: begun once and finished once. Its bills are in the accounts' streams and name it. */
export const billingRun: Decider<BillingRunState, BillingRunEvent> = {
  category: 'billingRun',
  events: billingRunEvents,
  initialState: { status: 'unknown' },
  evolve: (state, event) => {
    if (event.type === 'BillingRunStarted') return { status: 'started', begun: event.data };
    if (state.status === 'unknown') throw new Error('history is broken: a billing run is finished that was not begun');
    return { status: 'finished', begun: state.begun, report: event.data.report };
  },
};

/** The accounts of a cycle and the day they are billed. */
export const BillingRunOf = z
  .strictObject({
    date: Day.meta({ description: 'The day the bills are issued' }),
    cycle: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(LAST_CYCLE_DAY, 'must be at most 28')
      .optional()
      .meta({ description: 'The cycle day of the accounts; that of the date when it is left out' }),
  })
  .meta({ id: 'BillingRunOf' });

/** One run for each cycle and day: the same is asked for by the same id. @throws Rejected BILLING_RUN_NOT_DUE */
export function billingRunOf({ date, cycle = Number(date.slice(8)) }: z.output<typeof BillingRunOf>) {
  if (cycle > LAST_CYCLE_DAY) {
    refuse('BILLING_RUN_NOT_DUE', 'no account is billed on the 29th or later; name the cycle, or another date', 'date');
  }
  return { runId: `${date}-cycle-${String(cycle).padStart(2, '0')}`, date, cycle };
}

/** Begins a run; one that was begun is gone on with and not begun again. */
export const StartBillingRun = defineCommand({
  type: 'StartBillingRun',
  decider: billingRun,
  schema: z.strictObject({ date: Day, cycle: z.int(), catalogue: Identifier }),
  decide(body, state, context): BillingRunEvent[] {
    requireUnfinished(state);
    return state.status === 'started'
      ? []
      : [{ type: 'BillingRunStarted', data: { ...body, effectiveAt: context.at } }];
  },
});

/** Refuses to begin or go on with a run that has come to its end. */
export function requireUnfinished({ status }: BillingRunState): void {
  if (status !== 'finished') return;
  refuse('BILLING_RUN_FINISHED', 'this run is finished; bill what is left by a run of a later day, with its cycle');
}

/** Closes a run with its report. */
export const FinishBillingRun = defineCommand({
  type: 'FinishBillingRun',
  decider: billingRun,
  schema: z.strictObject({ report: BillingReport }),
  decide({ report }, state, context): BillingRunEvent[] {
    if (state.status === 'unknown') refuse('BILLING_RUN_UNKNOWN', 'this run was never begun; begin it first');
    if (state.status === 'finished') return [];
    return [{ type: 'BillingRunFinished', data: { report, effectiveAt: context.at } }];
  },
});
