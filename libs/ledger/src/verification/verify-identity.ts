import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import {
  minutesAfter,
  recentFailures,
  refuseVerification,
  refuseWhileLocked,
  secretFor,
  verification,
  type VerificationState,
  whyVoid,
} from './verification.js';
import { AskedBy, Method, Purpose, type VerificationEvent, Verifier } from './verification-events.js';
import { VERIFICATION_POLICY as POLICY } from './verification-policy.js';

/**
 * Compares what somebody has given as a secret with what the customer has set. What was given comes as a verifier of the
 * same make, so that the comparison is a decision like any other, and a retry with another guess under the same key is
 * another command and no second try. A wrong one is an event before anybody is told that it was wrong.
 */
export const VerifyIdentity = defineCommand({
  type: 'VerifyIdentity',
  decider: verification,
  schema: z.strictObject({
    method: Method,
    purpose: Purpose,
    askedBy: AskedBy,
    /** The secret that `given` was made for. */
    secretId: z.uuid(),
    given: Verifier,
  }),
  decide({ method, purpose, askedBy, secretId, given }, state, { at }): VerificationEvent[] {
    refuseWhileLocked(state, at);
    const secret = secretFor(state, method, purpose);
    if (secret?.secretId !== secretId) {
      refuseVerification('VERIFICATION_CHANGED', 'this was set anew meanwhile; ask the customer once more');
    }
    const voided = method === 'code' ? whyVoid(state, purpose, at, POLICY) : undefined;
    if (voided !== undefined) refuseVerification('CODE_VOID', `this code was ${voided}; have another sent`, 'code');
    const checked = { method, secretId, purpose, askedBy, policy: POLICY.version, effectiveAt: at };
    if (secret.verifier === given) return [{ type: 'VerificationSucceeded', data: checked }];
    const attemptsLeft = Math.max(0, POLICY.attempts - recentFailures(state, at, POLICY) - 1);
    const failed: VerificationEvent = { type: 'VerificationFailed', data: { ...checked, attemptsLeft } };
    return attemptsLeft > 0 && state.inARow + 1 < POLICY.mostInARow ? [failed] : [failed, locked(state, at)];
  },
});

function locked(state: VerificationState, at: string): VerificationEvent {
  const { lockMinutes, mostInARow, version: policy } = POLICY;
  const forGood = state.inARow + 1 >= mostInARow;
  const minutes = lockMinutes[Math.min(state.locks, lockMinutes.length - 1)]!;
  const until = forGood ? {} : { until: minutesAfter(at, minutes) };
  return { type: 'VerificationLocked', data: { ...until, policy, effectiveAt: at } };
}
