import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireBill, requireOpen, reversibleOf } from '../billing/account-state.js';
import { Identifier, ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { chargeReversed } from '../billing/reverse-charge.js';

/**
 * Takes back what is left of a bill's late fee (CS5). What had been paid on it becomes credit of its payers. The bill gets no
 * other: it has had its one.
 */
export const WaiveLateFee = defineCommand({
  type: 'WaiveLateFee',
  decider: account,
  schema: z.strictObject({ billNumber: Identifier, reason: ReasonCode }),
  decide({ billNumber, reason }, state, context): AccountEvent[] {
    requireOpen(state);
    const bill = requireBill(state, billNumber, 'billNumber');
    const fee = bill.lines.find(({ isLateFee }) => isLateFee);
    if (!fee) refuse('LATE_FEE_UNKNOWN', 'no late fee was charged on this bill', 'billNumber');
    const left = reversibleOf(fee);
    if (left === 0n) {
      refuse('CHARGE_ALREADY_REVERSED', 'the late fee of this bill is waived or written off already', 'billNumber');
    }
    return [chargeReversed(state, billNumber, fee, left, { reason, reversalId: context.commandId, at: context.at })];
  },
});
