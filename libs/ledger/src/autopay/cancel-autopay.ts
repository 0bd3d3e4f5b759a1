import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireKnown, requireOpen } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { isStoppable, STOP_BUSINESS_DAYS } from '../payment-lifecycle/business-days.js';
import { type AutopayDebit, type Enrollment } from './autopay.js';
import { dropped } from './autopay-debits.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { isCardGoodOn } from './card-expiry.js';

/* What a customer may do about their enrolment, and the one debit they do not want. */

/**
 * The customer takes the authorization back. Debits that can still be stopped are not made; one that was announced for a
 * day less than three business days ahead is the last (12 CFR 1005.10(c)(1)).
 */
export const CancelAutopay = defineCommand({
  type: 'CancelAutopay',
  decider: account,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, { at }): AccountEvent[] {
    requireKnown(state);
    const { enrollmentId } = requireEnrolled(state);
    const today = at.slice(0, 10);
    const policy = autopayPolicyOn(today);
    const stopped = scheduledOf(state).filter(
      ({ payOn, presentments }) => presentments > 0 || isStoppable(today, payOn),
    );
    return [
      ...stopped.map((debit) => dropped(debit, { reason: 'enrollment-cancelled' }, policy, state, at)),
      { type: 'AutopayCancelled', data: { enrollmentId, reason, effectiveAt: at } },
    ];
  },
});

/** Goes on with an enrolment that a rule has suspended, after somebody has talked to the customer. */
export const ResumeAutopay = defineCommand({
  type: 'ResumeAutopay',
  decider: account,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, { at }): AccountEvent[] {
    requireOpen(state);
    const { enrollmentId, status, method } = requireEnrolled(state);
    if (status === 'active') return [];
    if (method.expires !== undefined && !isCardGoodOn(method.expires, at.slice(0, 10))) {
      refuse('AUTOPAY_METHOD_INVALID', 'the card has expired; enroll another one');
    }
    return [{ type: 'AutopayResumed', data: { enrollmentId, reason, effectiveAt: at } }];
  },
});

/** The customer stops one debit, three business days before its day at the latest (12 CFR 1005.10(c)(1)); others go on. */
export const StopAutopayDebit = defineCommand({
  type: 'StopAutopayDebit',
  decider: account,
  schema: z.strictObject({ debitId: z.string().regex(/^\d{1,9}$/, 'must be the number of the debit') }),
  decide({ debitId }, state, { at }): AccountEvent[] {
    requireKnown(state);
    const debit = state.autopay.debits.find((one) => one.debitId === debitId);
    if (!debit) refuse('AUTOPAY_DEBIT_UNKNOWN', 'no debit with this number was announced', 'debitId');
    if (debit.reason === STOPPED) return [];
    if (debit.status !== 'scheduled') {
      refuse('AUTOPAY_DEBIT_NOT_AHEAD', 'the debit has been made or given up; look at the payment', 'debitId');
    }
    const today = at.slice(0, 10);
    if (!isStoppable(today, debit.payOn)) {
      const message = `a debit is stopped until ${STOP_BUSINESS_DAYS} business days before its day; refund it then`;
      refuse('AUTOPAY_STOP_TOO_LATE', message, 'debitId');
    }
    return [dropped(debit, { reason: STOPPED }, autopayPolicyOn(today), state, at)];
  },
});

const STOPPED = 'stopped-by-customer';

/** The debits that are to be made. */
export function scheduledOf({ autopay }: AccountState): readonly AutopayDebit[] {
  return autopay.debits.filter(({ status }) => status === 'scheduled');
}

function requireEnrolled({ autopay: { enrollment } }: AccountState): Enrollment {
  if (enrollment && enrollment.status !== 'cancelled' && enrollment.status !== 'stopped') return enrollment;
  return refuse('AUTOPAY_NOT_ENROLLED', 'the account has no autopay; enroll it first');
}
