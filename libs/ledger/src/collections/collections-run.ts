import { z } from 'zod';
import { Day, Identifier } from '../billing/command-fields.js';
import { runOfAccounts } from '../runs-of-accounts/run-of-accounts.js';
import { CollectionsReport, collectionsRunEvents } from './collections-run-events.js';

/** The collections run of a day. */
export const collectionsRun = runOfAccounts({
  name: 'CollectionsRun',
  category: 'collectionsRun',
  events: collectionsRunEvents,
  begun: z.strictObject({ date: Day, policy: Identifier }),
  report: CollectionsReport,
  unknown: ['COLLECTIONS_RUN_UNKNOWN', 'no run of this day was begun here; begin it'],
  finished: ['COLLECTIONS_RUN_FINISHED', 'the run of this day is finished; run the next day’s'],
  ahead: 'EFFECTIVE_IN_FUTURE',
  // What it does counts from its day: a notice would be given of what is past.
  passed: ['COLLECTIONS_RUN_PASSED', 'the day has passed, and is not made up for; run today’s'],
});
