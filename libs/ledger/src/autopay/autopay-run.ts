import { z } from 'zod';
import { Day, Identifier } from '../billing/command-fields.js';
import { runOfAccounts } from '../runs-of-accounts/run-of-accounts.js';
import { AutopayReport, autopayRunEvents } from './autopay-run-events.js';

/** The autopay run of a day: stream `autopayRun-<day>`. */
export const autopayRun = runOfAccounts({
  name: 'AutopayRun',
  category: 'autopayRun',
  events: autopayRunEvents,
  begun: z.strictObject({ date: Day, policy: Identifier }),
  report: AutopayReport,
  unknown: ['AUTOPAY_RUN_UNKNOWN', 'no run of this day was begun here; begin it'],
  finished: [
    'AUTOPAY_RUN_FINISHED',
    'the run of this day is finished; what has become due since is done by the next one',
  ],
  ahead: 'AUTOPAY_RUN_NOT_DUE',
  passed: ['AUTOPAY_RUN_PASSED', 'the day has passed; run today’s, which makes up for it'],
});
