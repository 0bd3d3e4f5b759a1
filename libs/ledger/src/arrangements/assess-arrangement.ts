import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type Arrangement, requireKnown } from '../billing/account-state.js';
import { courseOfArrangement } from '../billing/collectible.js';
import { Day } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor } from '../money/minor-units.js';

/**
 * Looks what became of the account's arrangement by a day (CS3). An instalment is kept when what was paid on the bills since the
 * agreement comes to all instalments up to it, whenever it was paid; the arrangement is broken when it does not once the day and
 * its grace are over, also of one that had been kept and whose payment came back; it is completed when all is paid. What is in
 * dispute is neither paid nor missed. What was told is not told again, and where there is nothing to tell there is no event.
 */
export const AssessArrangement = defineCommand({
  type: 'AssessArrangement',
  decider: account,
  schema: z.strictObject({
    /** Today when left out; never a day ahead. */
    on: Day.optional(),
  }),
  decide({ on: named }, state, { at }): AccountEvent[] {
    requireKnown(state);
    const today = at.slice(0, 10);
    const on = named ?? today;
    if (on > addDays(today, 1)) refuse('EFFECTIVE_IN_FUTURE', 'nobody knows yet what is paid by then', 'on');
    return state.arrangement ? assessed(state, state.arrangement, on, at) : [];
  },
});

function assessed(state: AccountState, arrangement: Arrangement, on: string, effectiveAt: string): AccountEvent[] {
  const { arrangementId, instalments, graceDays, kept } = arrangement;
  const money = (minor: bigint) => ({ amount: formatMinor(minor, state.digits), currency: state.currency });
  const { paid, disputed } = courseOfArrangement(state, arrangement, on);
  const events: AccountEvent[] = [];
  let due = 0n;
  for (const [index, { dueOn, amount }] of instalments.entries()) {
    const number = index + 1;
    due += amount;
    if (paid >= due) {
      if (number <= kept) continue;
      events.push({ type: 'InstalmentKept', data: { arrangementId, number, dueOn, paid: money(paid), effectiveAt } });
      continue;
    }
    if (paid + disputed >= due || on <= addDays(dueOn, graceDays)) return events;
    const missing = money(due - paid - disputed);
    return [...events, { type: 'ArrangementBroken', data: { arrangementId, number, dueOn, missing, effectiveAt } }];
  }
  return [...events, { type: 'ArrangementCompleted', data: { arrangementId, effectiveAt } }];
}
