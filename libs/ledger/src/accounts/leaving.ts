import { dropped } from '../autopay/autopay-debits.js';
import { autopayPolicyOn } from '../autopay/autopay-policy.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { refuse } from '../billing/rejections.js';

/* What stands on an account that is closed, or that another takes over, apart from its balance. */

/**
 * Refuses while somebody has yet to decide about an amount of the account: the decision would find it closed, or what it is
 * about on another account.
 */
export function refuseUndecided({ disputes, adjustments }: AccountState): void {
  const [dispute] = disputes;
  if (dispute) {
    refuse('DISPUTE_OPEN', `dispute ${dispute.disputeId} of the account is open; resolve it first`);
  }
  const [adjustment] = adjustments;
  if (adjustment) {
    refuse(
      'ADJUSTMENT_PENDING',
      `adjustment ${adjustment.adjustmentId} waits for approval; approve or refuse it first`,
    );
  }
}

/** Refuses while a debit is at the bank: its money would find the account closed, or its bills gone to another account. */
export function refuseDebitUnderway({ autopay }: AccountState): void {
  const debit = autopay.debits.find(({ status }) => status === 'presented');
  if (debit) {
    refuse(
      'AUTOPAY_DEBIT_UNDERWAY',
      `debit ${debit.debitId} is at the bank; wait for what comes of it, or void it first`,
    );
  }
}

/**
 * The end of the account's autopay: its customer has authorized debits for this account, and for no other (12 CFR
 * 1005.10(b)). What was announced or was to be presented again is not debited.
 */
export function autopayEnded(
  state: AccountState,
  reason: 'account-closed' | 'account-transferred',
  effectiveAt: string,
): AccountEvent[] {
  const { enrollment, debits } = state.autopay;
  const policy = autopayPolicyOn(effectiveAt.slice(0, 10));
  const ahead = debits.filter(({ status }) => status === 'scheduled' || status === 'failed');
  const ending = ahead.map((debit) => dropped(debit, { reason }, policy, state, effectiveAt));
  if (!enrollment || enrollment.status === 'cancelled' || enrollment.status === 'stopped') return ending;
  const { enrollmentId } = enrollment;
  const data = { enrollmentId, code: reason, policy: policy.version, effectiveAt };
  return [...ending, { type: 'AutopayStopped', data }];
}
