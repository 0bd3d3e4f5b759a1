import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { minutesAfter, refuseVerification, refuseWhileLocked, verification } from './verification.js';
import { Purpose, type VerificationEvent, Verifier } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';

/**
 * Has a one-time code sent to the customer for one purpose; a code sent earlier for the same purpose is void from then on.
 * The code itself is nowhere: whoever sends it makes it from the event's `secretId` and the account's key.
 */
export const SendCode = defineCommand({
  type: 'SendCode',
  decider: verification,
  schema: z.strictObject({ purpose: Purpose, verifier: Verifier }),
  decide({ purpose, verifier }, state, { commandId: secretId, at: effectiveAt }): VerificationEvent[] {
    refuseWhileLocked(state, effectiveAt);
    const { version: policy, code } = VERIFICATION_POLICY;
    const { digits, lifeMinutes, sendsPerHour } = code;
    const hourAgo = minutesAfter(effectiveAt, -60);
    if (state.sends.filter((sent) => sent > hourAgo).length >= sendsPerHour) {
      refuseVerification('CODES_TOO_MANY', `${sendsPerHour} codes were sent within the hour; use the last, or wait`);
    }
    const expiresAt = minutesAfter(effectiveAt, lifeMinutes);
    return [{ type: 'CodeSent', data: { secretId, purpose, verifier, digits, expiresAt, policy, effectiveAt } }];
  },
});
