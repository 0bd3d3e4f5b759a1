import { given } from '#testing/event-sourcing';
import { SendCode } from './send-code.js';
import { minutesAfter, verification } from './verification.js';
import { type Purpose, type VerificationEvent } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';
import { VerifyIdentity } from './verify-identity.js';

const { version: policy, code: rules, attempts } = VERIFICATION_POLICY;
const at = '2026-01-15T12:00:00.000Z';
const after = (minutes: number) => minutesAfter(at, minutes);
const [first, second] = ['7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01', '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b02'];
const [right, wrong] = ['R'.repeat(43), 'W'.repeat(43)];

const sent = (secretId = first, effectiveAt = at, purpose: Purpose = 'account-access'): VerificationEvent => ({
  type: 'CodeSent',
  data: {
    ...{ secretId, purpose, verifier: right, digits: rules.digits, policy, effectiveAt },
    expiresAt: minutesAfter(effectiveAt, rules.lifeMinutes),
  },
});
const guess = (code: string, secretId = first, purpose: Purpose = 'account-access') =>
  ({ method: 'code', purpose, askedBy: 'online', secretId, given: code }) as const;
const checked = { method: 'code', purpose: 'account-access', askedBy: 'online', policy } as const;
const succeeded = (secretId = first, effectiveAt = at): VerificationEvent => ({
  type: 'VerificationSucceeded',
  data: { ...checked, secretId, effectiveAt },
});
const failed = (attemptsLeft: number): VerificationEvent => ({
  type: 'VerificationFailed',
  data: { ...checked, secretId: first, attemptsLeft, effectiveAt: at },
});
const check = (past: readonly VerificationEvent[], body: ReturnType<typeof guess>, when = at) =>
  given(verification, past).when(VerifyIdentity, body, { at: when });
const send = (past: readonly VerificationEvent[], when = at) =>
  given(verification, past).when(
    SendCode,
    { purpose: 'account-access', verifier: right },
    { commandId: second, at: when },
  );

describe('A one-time code (NIST SP 800-63B, 5.1.3.2)', () => {
  it('is sent for one purpose, for so long, under a policy', () => {
    send([]).then([sent(second)]);
  });

  it('works once', () => {
    check([sent()], guess(right)).then([succeeded()]);
    check([sent(), succeeded()], guess(right)).thenRejected('CODE_VOID', 'code');
  });

  it('works until it expires, and then is not even a wrong one', () => {
    const life = rules.lifeMinutes;
    check([sent()], guess(right), after(life - 1)).then([succeeded(first, after(life - 1))]);
    check([sent()], guess(right), after(life)).thenRejected('CODE_VOID');
    check([sent()], guess(wrong), after(life)).thenRejected('CODE_VOID');
  });

  it('opens nothing but what it was sent for', () => {
    check([sent()], guess(right, first, 'contact-change')).thenRejected('VERIFICATION_CHANGED');
    const both = [sent(), sent(second, at, 'contact-change')];
    check(both, guess(right, first, 'contact-change')).thenRejected('VERIFICATION_CHANGED');
  });

  it('is void when another was sent for the same purpose', () => {
    check([sent(), sent(second)], guess(right)).thenRejected('VERIFICATION_CHANGED');
    check([sent(), sent(second)], guess(right, second)).then([succeeded(second)]);
  });

  it('is void when it was guessed at too often, and every guess counts toward the lock', () => {
    const guesses = Array.from({ length: rules.attempts }, (_, index) => failed(attempts - 1 - index));
    check([sent()], guess(wrong)).then([failed(attempts - 1)]);
    check([sent(), ...guesses], guess(right)).thenRejected('CODE_VOID');
    const again = [sent(), ...guesses, sent(second)];
    expect(check(again, guess(wrong, second)).state().failures).toHaveLength(rules.attempts + 1);
  });

  it('is sent no oftener than so many an hour, and not while the account is locked', () => {
    const many = Array.from({ length: rules.sendsPerHour }, () => sent());
    send(many, after(59)).thenRejected('CODES_TOO_MANY');
    send(many, after(60)).then([sent(second, after(60))]);
    const locked: VerificationEvent = {
      type: 'VerificationLocked',
      data: { until: after(30), policy, effectiveAt: at },
    };
    send([locked], after(29)).thenRejected('VERIFICATION_LOCKED');
  });
});
