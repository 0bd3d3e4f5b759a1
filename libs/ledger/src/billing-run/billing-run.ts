import { z } from 'zod';
import { Day, Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { runOfAccounts } from '../runs-of-accounts/run-of-accounts.js';
import { BillingReport, billingRunEvents } from './billing-run-events.js';
import { LAST_CYCLE_DAY } from './cycle.js';

/** A billing run: its bills are in the accounts' streams and name it. */
export const billingRun = runOfAccounts({
  name: 'BillingRun',
  category: 'billingRun',
  events: billingRunEvents,
  begun: z.strictObject({ date: Day, cycle: z.int(), catalogue: Identifier }),
  report: BillingReport,
  unknown: ['BILLING_RUN_UNKNOWN', 'no such run was begun here; begin it'],
  finished: ['BILLING_RUN_FINISHED', 'this run is finished; bill what is left by a run of a later day, with its cycle'],
  // A bill that is issued late has the dates of its cycle all the same: days that have passed may be billed.
  ahead: 'BILLING_RUN_NOT_DUE',
});

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
