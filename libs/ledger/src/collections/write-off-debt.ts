import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireBill, requireKnown } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { Identifier, ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { pastDueBills } from './past-due.js';
import { debtReinstated, writtenOffBills, writtenOffShares } from './write-off.js';

/**
 * Writes off what is open on a bill, or on all bills that are past due, by a person's decision. A bill of which anything is
 * in dispute or under an arrangement is not: what is disputed may not be owed at all. Nor one that autopay is going to debit, or has
 * debited without an outcome: nobody takes money for debt they gave up. Credit of the account is laid on it first.
 */
export const WriteOffDebt = defineCommand({
  type: 'WriteOffDebt',
  decider: account,
  schema: z.strictObject({
    /** All that are past due when it is left out. */
    billNumber: Identifier.optional(),
    reason: ReasonCode,
  }),
  decide({ billNumber, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    const today = context.at.slice(0, 10);
    const bills =
      billNumber === undefined
        ? pastDueBills(state, today).map(({ bill }) => bill)
        : [requireBill(state, billNumber, 'billNumber')];
    if (billNumber !== undefined) refuseDebitOf(state, billNumber);
    const lost = bills.flatMap((bill) => {
      if (debitOf(state, bill.billNumber)) return [];
      const { covered, collectible } = collectibleOf(state, bill.billNumber, today);
      return collectible > 0n && collectible + covered === bill.open ? [{ bill, covered }] : [];
    });
    if (lost.length === 0) {
      for (const { billNumber: overdue, dueOn } of state.openBills) if (dueOn < today) refuseDebitOf(state, overdue);
      refuse('NOTHING_TO_WRITE_OFF', 'nothing is open there that can be written off', 'billNumber');
    }
    return writtenOffBills(state, lost, { writeOffId: context.commandId, reason, effectiveAt: context.at });
  },
});

/** The autopay debit about a bill that is announced, or was made and has no outcome yet; also one that is made again. */
function debitOf({ autopay }: AccountState, billNumber: string) {
  return autopay.debits.find(
    ({ status, bills, presented }) =>
      (status === 'scheduled' || status === 'presented') &&
      (presented?.bills ?? bills).some((share) => share.billNumber === billNumber),
  );
}

function refuseDebitOf(state: AccountState, billNumber: string): void {
  const debit = debitOf(state, billNumber);
  if (!debit) return;
  const { debitId, status, payOn } = debit;
  const advice =
    status === 'presented'
      ? 'is at the bank; wait for what comes of it, or void it first'
      : `is to be made on ${payOn}; stop it or end autopay first, or wait for what comes of it`;
  refuse('AUTOPAY_DEBIT_UNDERWAY', `debit ${debitId} of bill ${billNumber} ${advice}`, 'billNumber');
}

/** Puts debt on the books again that should not have been written off. Money that comes for it does so of its own accord. */
export const ReinstateDebt = defineCommand({
  type: 'ReinstateDebt',
  decider: account,
  schema: z.strictObject({
    /** All that is written off when it is left out. */
    billNumber: Identifier.optional(),
    reason: ReasonCode,
  }),
  decide({ billNumber, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    if (billNumber !== undefined) requireBill(state, billNumber, 'billNumber');
    const shares = writtenOffShares(state, state.writtenOff, billNumber);
    if (shares.length === 0) refuse('NOTHING_TO_REINSTATE', 'nothing is written off there', 'billNumber');
    return [debtReinstated(state, shares, { reason, effectiveAt: context.at })];
  },
});
