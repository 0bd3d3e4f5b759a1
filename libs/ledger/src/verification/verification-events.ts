import { z } from 'zod';
import { type EventOf, eventRegistry } from '#libs/event-sourcing';

/*
 * Storage format, as account-events.ts: stored for ever, changed only by addition. No secret is in here, and nothing a
 * secret could be found out from without the account's own key: see ADR 0033.
 */

/** How somebody proves to be the customer. */
const METHODS = ['pin', 'security-question', 'code'] as const;
export const Method = z.enum(METHODS);
export type Method = z.output<typeof Method>;

/** What a proof is good for: a code that was sent for one thing opens no other. */
const PURPOSES = ['phone-payment', 'account-access', 'contact-change', 'pin-reset'] as const;
export const Purpose = z.enum(PURPOSES);
export type Purpose = z.output<typeof Purpose>;

/** Where the customer was asked. */
export const AskedBy = z.enum(['online', 'phone', 'in-person']);

/** What a secret is compared by: 32 bytes that the account's key makes of it, worth nothing without that key. */
export const Verifier = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const Instant = z.iso.datetime();
const policy = z.string();
const checked = {
  method: Method,
  /** The secret it was compared with: the id of the command that set or sent it. */
  secretId: z.uuid(),
  purpose: Purpose,
  askedBy: AskedBy,
  policy,
  effectiveAt: Instant,
};

export const verificationEvents = eventRegistry({
  PinSet: {
    version: 1,
    schema: z.strictObject({
      secretId: z.uuid(),
      verifier: Verifier,
      hashing: z.string(),
      policy,
      effectiveAt: Instant,
    }),
  },
  SecurityQuestionSet: {
    version: 1,
    schema: z.strictObject({
      secretId: z.uuid(),
      /** Which of the policy's questions, by its code. */
      question: z.string(),
      verifier: Verifier,
      hashing: z.string(),
      policy,
      effectiveAt: Instant,
    }),
  },
  CodeSent: {
    version: 1,
    schema: z.strictObject({
      secretId: z.uuid(),
      purpose: Purpose,
      verifier: Verifier,
      digits: z.int(),
      expiresAt: Instant,
      policy,
      effectiveAt: Instant,
    }),
  },
  VerificationSucceeded: { version: 1, schema: z.strictObject(checked) },
  VerificationFailed: { version: 1, schema: z.strictObject({ ...checked, attemptsLeft: z.int() }) },
  VerificationLocked: {
    version: 1,
    schema: z.strictObject({
      /** Absent when only staff unlocks. */
      until: Instant.optional(),
      policy,
      effectiveAt: Instant,
    }),
  },
  /** Who unlocked is the event's actor. */
  VerificationUnlocked: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }) },
});

export type VerificationEvent = EventOf<typeof verificationEvents>;
