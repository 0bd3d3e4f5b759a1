import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { verification } from './verification.js';
import { type VerificationEvent, Verifier } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';

/*
 * Commands that set what a customer remembers. They carry what it is compared by and never what it is: a command's hash
 * stands in the event's metadata for ever, and a hash of four digits is four digits. Setting a secret ends no lock.
 */

const remembered = { verifier: Verifier, hashing: z.string().max(64) };

export const SetPin = defineCommand({
  type: 'SetPin',
  decider: verification,
  schema: z.strictObject(remembered),
  decide: ({ verifier, hashing }, _state, { commandId: secretId, at: effectiveAt }): VerificationEvent[] => [
    { type: 'PinSet', data: { secretId, verifier, hashing, policy: VERIFICATION_POLICY.version, effectiveAt } },
  ],
});

export const SetSecurityQuestion = defineCommand({
  type: 'SetSecurityQuestion',
  decider: verification,
  schema: z.strictObject({ ...remembered, question: z.string().max(64) }),
  decide: ({ verifier, hashing, question }, _state, { commandId: secretId, at: effectiveAt }): VerificationEvent[] => [
    {
      type: 'SecurityQuestionSet',
      data: { secretId, question, verifier, hashing, policy: VERIFICATION_POLICY.version, effectiveAt },
    },
  ],
});
