import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { AssessArrangement } from '../arrangements/assess-arrangement.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireOpen } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { autopayEnded, refuseDebitUnderway, refuseUndecided } from './leaving.js';

/**
 * Closes an account that neither owes nor is owed anything (AC5), and about which nobody has anything left to decide: an open
 * dispute, an adjustment that waits for a second person or a debit at the bank may each leave a balance on it. What closing
 * ends is told before it: an arrangement is completed, for nothing is open that it could be about; and autopay stops. A return
 * may later reinstate a debt on the closed account. That its subscriptions have ended and are billed, which stands in their own
 * stream, is asked before (`requireFinalBill`).
 */
export const CloseAccount = defineCommand({
  type: 'CloseAccount',
  decider: account,
  schema: z.strictObject({
    reason: ReasonCode,
    /** Said by whoever closes it before all of its subscriptions is billed: of charges, not of what the customer is to have back. */
    unbilled: z
      .literal('forgone', 'must be "forgone", or left out: then the account is closed when all is billed')
      .optional(),
  }),
  decide({ reason, unbilled }, state, context): AccountEvent[] {
    requireOpen(state);
    if (state.open > 0n || state.credit > 0n) {
      const open = formatMinor(state.open, state.digits);
      const credit = formatMinor(state.credit, state.digits);
      refuse('ACCOUNT_HAS_BALANCE', `${open} is open and ${credit} is credit; settle both before closing`);
    }
    refuseUndecided(state);
    refuseDebitUnderway(state);
    return [
      ...AssessArrangement.decide({}, state, context),
      ...autopayEnded(state, 'account-closed', context.at),
      { type: 'AccountClosed', data: { reason, ...(unbilled && { unbilled }), effectiveAt: context.at } },
    ];
  },
});
