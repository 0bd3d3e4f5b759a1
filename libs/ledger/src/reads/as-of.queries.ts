import { Day } from '../billing/command-fields.js';

/** The day past due is reckoned from. */
export const AsOf = Day.default(() => new Date().toISOString().slice(0, 10)).meta({
  description: 'The day past due is reckoned from; today (UTC) when it is left out',
  default: undefined,
});
