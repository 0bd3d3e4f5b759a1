import { z } from 'zod';
import { type Decider, defineCommand } from '#libs/event-sourcing';
import { Day, effectiveMoment, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { type CollectionsRunEvent, collectionsRunEvents, CollectionsReport } from './collections-run-events.js';

export type CollectionsRunState =
  | { readonly status: 'unknown' }
  | { readonly status: 'started'; readonly date: string; readonly policy: string }
  | { readonly status: 'finished'; readonly date: string; readonly policy: string; readonly report: CollectionsReport };

/** The collections run of a day: begun once and finished once. What it did is in the accounts' streams. */
export const collectionsRun: Decider<CollectionsRunState, CollectionsRunEvent> = {
  category: 'collectionsRun',
  events: collectionsRunEvents,
  initialState: { status: 'unknown' },
  evolve: (state, event) => {
    if (event.type === 'CollectionsRunStarted') {
      return { status: 'started', date: event.data.date, policy: event.data.policy };
    }
    if (state.status === 'unknown') throw new Error('history is broken: a run is finished that was not begun');
    return { status: 'finished', date: state.date, policy: state.policy, report: event.data.report };
  },
};

/** Begins a run; one that was begun is gone on with and not begun again. */
export const StartCollectionsRun = defineCommand({
  type: 'StartCollectionsRun',
  decider: collectionsRun,
  schema: z.strictObject({ date: Day, policy: Identifier }),
  decide({ date, policy }, state, context): CollectionsRunEvent[] {
    requireUnfinished(state);
    if (state.status === 'started') return [];
    effectiveMoment(startOf(date), context, 'date');
    return [{ type: 'CollectionsRunStarted', data: { date, policy, effectiveAt: context.at } }];
  },
});

/** Refuses to begin or go on with a run that has come to its end. */
export function requireUnfinished({ status }: CollectionsRunState): void {
  if (status === 'finished') refuse('COLLECTIONS_RUN_FINISHED', 'the run of this day is finished; run the next day’s');
}

/** Closes a run with its report. */
export const FinishCollectionsRun = defineCommand({
  type: 'FinishCollectionsRun',
  decider: collectionsRun,
  schema: z.strictObject({ report: CollectionsReport }),
  decide({ report }, state, context): CollectionsRunEvent[] {
    if (state.status === 'unknown') refuse('COLLECTIONS_RUN_UNKNOWN', 'this run was never begun; begin it first');
    if (state.status === 'finished') return [];
    return [{ type: 'CollectionsRunFinished', data: { report, effectiveAt: context.at } }];
  },
});
