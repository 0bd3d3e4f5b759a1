import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireOpen } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { PayBillNumberInput } from './pay-bill-number.js';

/**
 * Has the account's bills print another number from now on (ID2). The number has been claimed for the account, or is that of
 * a consolidation; the one before goes on resolving as it did, for a number is permanent.
 */
export const ChangePayBillNumber = defineCommand({
  type: 'ChangePayBillNumber',
  decider: account,
  schema: z.strictObject({
    payBillNumber: PayBillNumberInput,
    because: z.enum(['new-number', 'consolidated', 'separated']),
    reason: ReasonCode,
  }),
  decide({ payBillNumber, because, reason }, state, { at }): AccountEvent[] {
    requireOpen(state);
    const { payBillNumber: former } = state;
    // A number that it has had is no new one; the latest is what bills print.
    const isKnown = because === 'new-number' && state.ownNumbers.includes(payBillNumber);
    if (payBillNumber === former || isKnown) return [];
    return [{ type: 'PayBillNumberChanged', data: { payBillNumber, former, because, reason, effectiveAt: at } }];
  },
});
