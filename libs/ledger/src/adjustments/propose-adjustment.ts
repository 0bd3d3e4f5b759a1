import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireKnown } from '../billing/account-state.js';
import { formatMinor } from '../money/minor-units.js';
import { adjustedAlone, Adjustment, amountOf, By, postingOf, requireNamed } from './adjustment.js';
import { ADJUSTMENT_POLICY, covers } from './adjustment-policy.js';

/**
 * Proposes to take something off an account: a credit, a reversed charge, a dispute granted (CS5). Within what the proposer's
 * role may do alone it is approved and posted at once; above that it waits for a second person, and nothing is posted until
 * then. What could not be posted now is refused now.
 */
export const ProposeAdjustment = defineCommand({
  type: 'ProposeAdjustment',
  decider: account,
  schema: z.strictObject({ adjustment: Adjustment, by: By }),
  decide({ adjustment, by }, state, context): AccountEvent[] {
    requireKnown(state);
    requireNamed(by);
    const posting = postingOf(adjustment, state, context);
    const amount = amountOf(posting, state.digits);
    const { version, authority } = ADJUSTMENT_POLICY;
    const together = amount + adjustedAlone(state, context.at);
    const isAlone = covers(authority[by.role].alone, together, state.currency, state.digits);
    const { amount: _, reason, ...proposed } = adjustment;
    const said = { adjustmentId: context.commandId, adjustmentPolicy: version, effectiveAt: context.at };
    const proposal: AccountEvent = {
      type: 'AdjustmentProposed',
      data: {
        ...said,
        proposed,
        amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
        reason,
        proposedBy: by.actor,
        role: by.role,
      },
    };
    if (!isAlone) return [proposal];
    return [proposal, { type: 'AdjustmentApproved', data: { ...said, approval: 'within-limit' } }, ...posting];
  },
});
