import { dropped } from '../autopay/autopay-debits.js';
import { autopayPolicyOn } from '../autopay/autopay-policy.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { refuse } from '../billing/rejections.js';

/**
 * Refuses a transfer while something stands on the account whose end would not find what has moved: a decision about an amount
 * that lies on another account by then, or a debit that pays for a bill which the successor might be debited for once more.
 */
export function refuseUnsettled(
  { disputes, adjustments, arrangement, autopay }: AccountState,
  moves: 'all' | 'debt' | 'credit',
): void {
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
  if (moves === 'credit') return;
  if (arrangement) {
    const message = `arrangement ${arrangement.arrangementId} stands; cancel it first, and agree anew on the other account`;
    refuse('ARRANGEMENT_EXISTS', message);
  }
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
export function autopayEnded(state: AccountState, effectiveAt: string): AccountEvent[] {
  const { enrollment, debits } = state.autopay;
  const policy = autopayPolicyOn(effectiveAt.slice(0, 10));
  const ahead = debits.filter(({ status }) => status === 'scheduled' || status === 'failed');
  const ending = ahead.map((debit) => dropped(debit, { reason: 'account-transferred' }, policy, state, effectiveAt));
  if (!enrollment || enrollment.status === 'cancelled' || enrollment.status === 'stopped') return ending;
  const { enrollmentId } = enrollment;
  const data = { enrollmentId, code: 'account-transferred', policy: policy.version, effectiveAt };
  return [...ending, { type: 'AutopayStopped', data }];
}
