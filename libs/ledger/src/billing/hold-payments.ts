import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireOpen } from './account-state.js';
import { ReasonCode } from './command-fields.js';

/**
 * Holds the account's payments: until every hold is released, none is taken (SE3). Who holds gives the hold its id, so
 * that asking for the same hold once more, under whatever key, holds nothing twice.
 */
export const HoldPayments = defineCommand({
  type: 'HoldPayments',
  decider: account,
  schema: z.strictObject({ holdId: z.uuid('must be the hold’s id, a UUID').toLowerCase(), reason: ReasonCode }),
  decide({ holdId, reason }, state, context): AccountEvent[] {
    requireOpen(state);
    if (state.holds.includes(holdId)) return [];
    return [{ type: 'PaymentsHeld', data: { holdId, reason, effectiveAt: context.at } }];
  },
});
