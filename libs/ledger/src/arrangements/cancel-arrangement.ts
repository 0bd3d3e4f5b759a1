import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireKnown } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';

/** Ends an arrangement that is neither broken nor completed, as when another is to be agreed on: its bills are due as ever. */
export const CancelArrangement = defineCommand({
  type: 'CancelArrangement',
  decider: account,
  schema: z.strictObject({
    arrangementId: z.uuid('must be the arrangement’s id, a UUID').toLowerCase(),
    reason: ReasonCode,
  }),
  decide({ arrangementId, reason }, state, { at }): AccountEvent[] {
    requireKnown(state);
    if (state.arrangement?.arrangementId !== arrangementId) {
      refuse('ARRANGEMENT_UNKNOWN', 'no arrangement with this id stands; look it up, or it has ended', 'arrangementId');
    }
    return [{ type: 'ArrangementCancelled', data: { arrangementId, reason, effectiveAt: at } }];
  },
});
