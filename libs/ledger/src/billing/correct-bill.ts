import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, type Bill, requireBill, requireOpen } from './account-state.js';
import { Identifier, ReasonCode } from './command-fields.js';
import { arrearsTo, billing, ComputedBill } from './issue-bill.js';
import { refuse } from './rejections.js';
import { wholeBillReversed } from './reverse-bill.js';

/**
 * Takes a bill back and issues another in its place, both or neither. What had been paid on the wrong bill pays the right one
 * at once. A bill that was computed from subscriptions may be computed again as long as it is the latest; the next one then
 * goes on from the corrected bill.
 */
export const CorrectBill = defineCommand({
  type: 'CorrectBill',
  decider: account,
  schema: z.strictObject({ billNumber: Identifier, reason: ReasonCode, bill: ComputedBill }),
  decide({ billNumber, reason, bill }, state, context): AccountEvent[] {
    requireOpen(state);
    refuseWrittenOff(requireBill(state, billNumber, 'billNumber'));
    const reversals = wholeBillReversed(state, billNumber, reason, context);
    requireSamePlace(billNumber, bill, state.billed);
    const reversed = reversals.reduce((next, event) => account.evolve(next, event), state);
    const paid = reversed.credit - state.credit;
    return [...reversals, ...billing(bill, reversed, context, { billNumber, paid })];
  },
});

/** What is written off is still owed: beside a bill in its place it would be owed twice. */
function refuseWrittenOff({ lines }: Bill): void {
  if (!lines.some(({ writtenOff }) => writtenOff > 0n)) return;
  refuse('CHARGE_WRITTEN_OFF', 'part of this bill is written off; reinstate it first', 'billNumber');
}

/** A bill that is computed again covers what the wrong one did, with all that has been recorded since. */
function requireSamePlace(
  billNumber: string,
  { basis, period }: z.output<typeof ComputedBill>,
  latest: AccountState['billed'],
): void {
  if (!basis) return;
  const { after, through } = basis.subscription;
  const same =
    latest?.billNumber === billNumber &&
    period !== undefined &&
    period.from >= latest.arrears.from &&
    arrearsTo(basis, period) === latest.arrears.to &&
    after === latest.after &&
    through >= latest.through;
  if (same) return;
  refuse('BILL_NOT_LATEST', 'only the latest bill from subscriptions is computed again; state the lines yourself');
}
