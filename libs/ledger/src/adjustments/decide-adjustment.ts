import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireKnown } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { adjustmentOf, By, postingOf, requireNamed, requirePending } from './adjustment.js';
import { ADJUSTMENT_POLICY, covers } from './adjustment-policy.js';

const adjustmentId = z.uuid('must be the adjustment’s id, a UUID').toLowerCase();

/**
 * Approves what somebody else proposed, and posts it with the approval or not at all. Nobody approves his own; nobody more than
 * his role may. What cannot be posted any more as it was proposed is refused: the proposal is refused, and made anew.
 */
export const ApproveAdjustment = defineCommand({
  type: 'ApproveAdjustment',
  decider: account,
  schema: z.strictObject({ adjustmentId, by: By }),
  decide(body, state, context): AccountEvent[] {
    requireKnown(state);
    const { by } = body;
    requireNamed(by);
    const pending = requirePending(state, body.adjustmentId);
    if (pending.proposedBy === by.actor) {
      refuse('ADJUSTMENT_OWN', 'nobody approves an adjustment of his own; somebody else has to look at it', 'x-actor');
    }
    const { version, authority } = ADJUSTMENT_POLICY;
    if (!covers(authority[by.role].approves, pending.amount, state.currency, state.digits)) {
      refuse('ADJUSTMENT_ABOVE_LIMIT', 'the amount is more than this role may approve; ask a role that may', 'x-role');
    }
    const said = { adjustmentId: pending.adjustmentId, adjustmentPolicy: version, effectiveAt: context.at };
    return [
      {
        type: 'AdjustmentApproved',
        data: { ...said, approval: 'second-person', approvedBy: by.actor, role: by.role },
      },
      ...postingOf(adjustmentOf(pending, state), state, context),
    ];
  },
});

/** Refuses what was proposed: by anybody whose role decides on adjustments, or by whoever proposed it. Nothing is posted. */
export const RefuseAdjustment = defineCommand({
  type: 'RefuseAdjustment',
  decider: account,
  schema: z.strictObject({ adjustmentId, reason: ReasonCode, by: By }),
  decide(body, state, context): AccountEvent[] {
    requireKnown(state);
    const { by, reason } = body;
    requireNamed(by);
    const pending = requirePending(state, body.adjustmentId);
    const { version, authority } = ADJUSTMENT_POLICY;
    const decides = covers(authority[by.role].approves, 1n, state.currency, state.digits);
    if (!decides && pending.proposedBy !== by.actor) {
      refuse('ADJUSTMENT_ABOVE_LIMIT', 'this role decides on no adjustments; ask a role that does', 'x-role');
    }
    return [
      {
        type: 'AdjustmentRefused',
        data: {
          ...{ adjustmentId: pending.adjustmentId, reason, refusedBy: by.actor, role: by.role },
          ...{ adjustmentPolicy: version, effectiveAt: context.at },
        },
      },
    ];
  },
});
