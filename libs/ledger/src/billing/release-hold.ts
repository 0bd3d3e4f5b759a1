import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireKnown } from './account-state.js';
import { ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';

/** Releases one hold; payments are taken again when it was the last. An account that was closed meanwhile lets go too. */
export const ReleaseHold = defineCommand({
  type: 'ReleaseHold',
  decider: account,
  schema: z.strictObject({ holdId: z.uuid('must be the hold’s id, a UUID').toLowerCase(), reason: ReasonCode }),
  decide({ holdId, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    if (!state.holds.includes(holdId)) {
      refuse('HOLD_UNKNOWN', 'no such hold stands on the account; check its id, or it was released before', 'holdId');
    }
    return [{ type: 'PaymentsReleased', data: { holdId, reason, effectiveAt: context.at } }];
  },
});
