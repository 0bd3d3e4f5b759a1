import fc from 'fast-check';
import { fold, given } from '#testing/event-sourcing';
import { SetPin } from './set-secrets.js';
import { UnlockVerification } from './unlock-verification.js';
import { lockAt, minutesAfter, verification } from './verification.js';
import { type VerificationEvent } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';
import { VerifyIdentity } from './verify-identity.js';

const { attempts, lockMinutes, mostInARow, windowMinutes, version: policy } = VERIFICATION_POLICY;
const at = '2026-01-15T12:00:00.000Z';
const after = (minutes: number) => minutesAfter(at, minutes);
const secretId = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01';
const [right, wrong] = ['R'.repeat(43), 'W'.repeat(43)];
const hashing = 'argon2id-m19456-t2-p1';

const pinSet: VerificationEvent = {
  type: 'PinSet',
  data: { secretId, verifier: right, hashing, policy, effectiveAt: at },
};
const questionSet: VerificationEvent = {
  type: 'SecurityQuestionSet',
  data: { secretId, question: 'first-job', verifier: right, hashing, policy, effectiveAt: at },
};
const checked = { secretId, purpose: 'account-access', askedBy: 'phone', policy } as const;
const succeeded = (method: 'pin' | 'security-question' = 'pin', effectiveAt = at): VerificationEvent => ({
  type: 'VerificationSucceeded',
  data: { ...checked, method, effectiveAt },
});
const failed = (
  attemptsLeft: number,
  method: 'pin' | 'security-question' = 'pin',
  effectiveAt = at,
): VerificationEvent => ({
  type: 'VerificationFailed',
  data: { ...checked, method, attemptsLeft, effectiveAt },
});
const locked = (until: string | undefined, effectiveAt = at): VerificationEvent => ({
  type: 'VerificationLocked',
  data: { ...(until !== undefined && { until }), policy, effectiveAt },
});
/** So many failures in a row, none of which locks. */
const failures = (many: number) => Array.from({ length: many }, (_, index) => failed(attempts - 1 - index));
const guess = (givenSecret: string, method: 'pin' | 'security-question' = 'pin') => ({
  ...{ method, secretId, given: givenSecret },
  ...{ purpose: 'account-access' as const, askedBy: 'phone' as const },
});
const check = (past: readonly VerificationEvent[], body = guess(wrong), when = at) =>
  given(verification, past).when(VerifyIdentity, body, { at: when });

describe('A secret', () => {
  it('is set with the policy it was set under, and replaces the one before', () => {
    const commandId = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b09';
    given(verification, [pinSet])
      .when(SetPin, { verifier: wrong, hashing }, { commandId, at })
      .then([{ type: 'PinSet', data: { secretId: commandId, verifier: wrong, hashing, policy, effectiveAt: at } }]);
  });

  it('that is right is a success; one that is wrong is counted, and says how often it may be wrong still', () => {
    check([pinSet], guess(right)).then([succeeded()]);
    check([pinSet]).then([failed(attempts - 1)]);
    check([pinSet, ...failures(2)]).then([failed(attempts - 3)]);
  });

  it('that was set anew while it was compared is compared again and not counted', () => {
    const body = { ...guess(right), secretId: '00000000-0000-4000-8000-000000000001' };
    check([pinSet], body).thenRejected('VERIFICATION_CHANGED');
    check([], guess(right)).thenRejected('VERIFICATION_CHANGED');
  });

  it('is nothing a command carries in the clear: what is no verifier is refused', () => {
    for (const text of ['4826', 'The Kinks', '$argon2id$v=19$m=19456']) {
      expect(SetPin.schema.safeParse({ verifier: text, hashing }).success).toBe(false);
      expect(VerifyIdentity.schema.safeParse(guess(text)).success).toBe(false);
    }
  });
});

describe('Wrong secrets are limited (NIST SP 800-63B, 5.2.2)', () => {
  it('the last that is allowed locks, and says until when', () => {
    check([pinSet, ...failures(attempts - 1)]).then([failed(0), locked(after(lockMinutes[0]!))]);
  });

  it('nothing is compared while the account is locked, the right secret neither', () => {
    const past = [pinSet, ...failures(attempts - 1), failed(0), locked(after(30))];
    check(past, guess(right), after(29)).thenRejected('VERIFICATION_LOCKED');
    check(past, guess(wrong), after(29)).thenRejected('VERIFICATION_LOCKED');
    check(past, guess(right), after(30)).then([succeeded('pin', after(30))]);
  });

  it('each lock in a row is longer than the one before, up to the longest', () => {
    let past: VerificationEvent[] = [pinSet];
    let now = at;
    for (const minutes of [...lockMinutes, lockMinutes.at(-1)!]) {
      for (let guesses = 1; guesses <= attempts; guesses++)
        past = [...past, ...check(past, guess(wrong), now).events()];
      expect(past.at(-1)).toEqual(locked(minutesAfter(now, minutes), now));
      now = minutesAfter(now, minutes);
    }
  });

  it('after so many in a row only staff unlocks, whatever time passes', () => {
    let past: VerificationEvent[] = [pinSet];
    let now = at;
    for (let guesses = 1; guesses <= mostInARow; guesses++) {
      past = [...past, ...check(past, guess(wrong), now).events()];
      now = minutesAfter(now, 24 * 60);
    }
    expect(past.at(-1)).toMatchObject({ type: 'VerificationLocked' });
    expect(lockAt(fold(verification, past), '2999-01-01T00:00:00.000Z')).toEqual({ until: undefined });
  });

  it('those of long ago do not count', () => {
    check([pinSet, ...failures(attempts - 1)], guess(wrong), after(windowMinutes)).then([
      failed(attempts - 1, 'pin', after(windowMinutes)),
    ]);
  });

  it('all secrets are counted together, and knowing one forgives nothing of guessing another', () => {
    const past = [pinSet, questionSet, ...failures(attempts - 1)];
    check(past, guess(wrong, 'security-question')).then([failed(0, 'security-question'), locked(after(30))]);
    check([...past, succeeded('security-question')]).then([failed(0), locked(after(30))]);
    check([...past, succeeded('pin')]).then([failed(attempts - 1)]);
  });

  it('a new PIN ends no lock', () => {
    const past = [pinSet, ...failures(attempts - 1), failed(0), locked(after(30)), pinSet];
    check(past, guess(right)).thenRejected('VERIFICATION_LOCKED');
  });

  it('for any guesses at any times, no more are answered in a window than the policy allows', () => {
    const someGuesses = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 120 }), pin: fc.boolean() }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(someGuesses, (guesses) => {
        let past: VerificationEvent[] = [pinSet, questionSet];
        let now = at;
        const answered: string[] = [];
        for (const { wait, pin } of guesses) {
          now = minutesAfter(now, wait);
          if (lockAt(fold(verification, past), now)) continue;
          past = [...past, ...check(past, guess(wrong, pin ? 'pin' : 'security-question'), now).events()];
          answered.push(now);
        }
        for (const from of answered) {
          const within = answered.filter((one) => one >= from && one < minutesAfter(from, lockMinutes[0]!));
          expect(within.length).toBeLessThanOrEqual(attempts);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('Unlocking', () => {
  const past = [pinSet, ...failures(attempts - 1), failed(0), locked(after(30))];
  const reason = 'identified-in-person';
  const unlocked: VerificationEvent = { type: 'VerificationUnlocked', data: { reason, effectiveAt: at } };

  it('ends the lock and forgives what was counted', () => {
    given(verification, past).when(UnlockVerification, { reason }, { at }).then([unlocked]);
    check([...past, unlocked]).then([failed(attempts - 1)]);
    given(verification, [pinSet, failed(4)])
      .when(UnlockVerification, { reason }, { at })
      .then([unlocked]);
  });

  it('does nothing where nothing is locked and nothing was counted', () => {
    given(verification, [pinSet]).when(UnlockVerification, { reason }).thenNothing();
    given(verification, [...past, unlocked])
      .when(UnlockVerification, { reason })
      .thenNothing();
  });

  it('takes a code for its reason and no story', () => {
    expect(UnlockVerification.schema.safeParse({ reason: 'She knew her address' }).success).toBe(false);
  });
});
