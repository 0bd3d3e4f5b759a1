import { goldenEvents } from '#testing/event-sourcing';
import { verification } from './verification.js';
import { verificationEvents } from './verification-events.js';

describe('Verification events stored by earlier builds', () => {
  const read = goldenEvents(verificationEvents, import.meta.url);

  it('fold to the secrets, the failure and the lock they have always come to', () => {
    const story = (
      [
        'PinSet',
        'SecurityQuestionSet',
        'CodeSent',
        'VerificationSucceeded',
        'VerificationFailed',
        'VerificationLocked',
      ] as const
    ).map(read);
    const locked = story.reduce((next, event) => verification.evolve(next, event), verification.initialState);
    expect(locked).toMatchObject({
      pin: { secretId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01', hashing: 'argon2id-m19456-t2-p1' },
      question: { secretId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b02', question: 'first-concert' },
      codes: { 'account-access': { expiresAt: '2026-01-15T12:10:00.000Z', used: false, failures: 0 } },
      ...{ inARow: 1, locks: 1, failures: [], lock: { until: '2026-01-15T12:30:00.000Z' } },
    });
    const unlocked = verification.evolve(locked, read('VerificationUnlocked'));
    expect(unlocked).toMatchObject({ inARow: 0, locks: 0, failures: [], lock: undefined });
  });
});
