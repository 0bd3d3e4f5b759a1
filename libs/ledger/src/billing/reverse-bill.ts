import { z } from 'zod';
import { type CommandContext, defineCommand } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, requireBill, requireOpen, reversibleOf } from './account-state.js';
import { Identifier, ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';
import { chargeReversed } from './reverse-charge.js';

/**
 * Takes back a bill: a credit note for all that is left of it, line by line and tax by tax, so that bill and note come to
 * nothing to the cent. What had been paid on it becomes credit of its payers. It is one reversal of several charges, which
 * have its id in common.
 */
export const ReverseBill = defineCommand({
  type: 'ReverseBill',
  decider: account,
  schema: z.strictObject({ billNumber: Identifier, reason: ReasonCode }),
  decide({ billNumber, reason }, state, context): AccountEvent[] {
    requireOpen(state);
    const reversed = wholeBillReversed(state, billNumber, reason, context);
    if (reversed.length === 0) refuse('BILL_REVERSED', 'nothing is left of this bill to reverse', 'billNumber');
    return reversed;
  },
});

/** The reversals of all that is left of a bill, in the order its lines are paid. */
export function wholeBillReversed(
  state: AccountState,
  billNumber: string,
  reason: string,
  { commandId: reversalId, at }: CommandContext,
): AccountEvent[] {
  return requireBill(state, billNumber, 'billNumber').lines.flatMap((line) => {
    const left = reversibleOf(line);
    return left === 0n ? [] : [chargeReversed(state, billNumber, line, left, { reversalId, reason, at })];
  });
}
