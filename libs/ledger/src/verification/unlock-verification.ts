import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { ReasonCode } from '../billing/command-fields.js';
import { verification } from './verification.js';
import { type VerificationEvent } from './verification-events.js';

/** Ends a lock, and forgives what was counted toward the next, after staff has found out otherwise who the customer is. */
export const UnlockVerification = defineCommand({
  type: 'UnlockVerification',
  decider: verification,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, { lock, inARow }, { at: effectiveAt }): VerificationEvent[] {
    if (lock === undefined && inARow === 0) return [];
    return [{ type: 'VerificationUnlocked', data: { reason, effectiveAt } }];
  },
});
