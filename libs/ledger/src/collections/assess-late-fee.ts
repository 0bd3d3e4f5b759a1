import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireBill, requireCurrency, requireOpen } from '../billing/account-state.js';
import { Day, effectiveMoment, Identifier, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { CollectionPolicyVersion } from './collection-policy.js';
import { lateFeeDue } from './late-fee.js';
import { pastDueBills } from './past-due.js';

/** Charges the late fee of one bill, as the collections run does for all: by the policy, and only where one is due. */
export const AssessLateFee = defineCommand({
  type: 'AssessLateFee',
  decider: account,
  schema: z.strictObject({
    billNumber: Identifier,
    /** The day it is reckoned and counts on; today when it is left out. */
    on: Day.optional(),
    policy: CollectionPolicyVersion,
  }),
  decide({ billNumber, on = undefined, policy }, state, context): AccountEvent[] {
    requireOpen(state);
    requireCurrency(state, policy.currency, 'policy');
    const bill = requireBill(state, billNumber, 'billNumber');
    const day = effectiveMoment(on && startOf(on), context, 'on').slice(0, 10);
    if (bill.hadLateFee) {
      refuse('LATE_FEE_ASSESSED', 'the bill has had its late fee; there is one for each bill', 'billNumber');
    }
    const late = pastDueBills(state, day).find(({ bill: one }) => one.billNumber === billNumber);
    const fee = late && lateFeeDue(state, late, policy, day);
    if (!fee) {
      const why = `by policy ${policy.version} no late fee is due on this bill on ${day}; see its grace and what is overdue`;
      refuse('LATE_FEE_NOT_DUE', why, 'billNumber');
    }
    return [fee];
  },
});
