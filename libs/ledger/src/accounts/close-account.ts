import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireOpen } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';

/** Closes an account that neither owes nor is owed anything (AC5). A return may later reinstate a debt on it. */
export const CloseAccount = defineCommand({
  type: 'CloseAccount',
  decider: account,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, context): AccountEvent[] {
    requireOpen(state);
    if (state.open > 0n || state.credit > 0n) {
      const open = formatMinor(state.open, state.digits);
      const credit = formatMinor(state.credit, state.digits);
      refuse('ACCOUNT_HAS_BALANCE', `${open} is open and ${credit} is credit; settle both before closing`);
    }
    return [{ type: 'AccountClosed', data: { reason, effectiveAt: context.at } }];
  },
});
