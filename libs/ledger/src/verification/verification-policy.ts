/*
 * By which rules customers prove who they are. Data, so that another biller or another regulator is another version; the
 * version is recorded in every event it shaped, together with what followed from it (until when an account is locked, when
 * a code expires), so that history is read without it.
 */

export interface VerificationPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  readonly pin: { readonly leastDigits: number; readonly mostDigits: number };
  /** What may be asked, by the code that is stored. */
  readonly questions: Readonly<Record<string, string>>;
  readonly answer: { readonly leastCharacters: number };
  /** Wrong secrets of all kinds within the window before the account is locked. */
  readonly attempts: number;
  readonly windowMinutes: number;
  /** How long the first lock lasts, the second in a row, and so on; the last of them for all that follow. */
  readonly lockMinutes: readonly number[];
  /** Wrong secrets in a row, over all locks, after which only staff unlocks. */
  readonly mostInARow: number;
  readonly code: {
    readonly digits: number;
    readonly lifeMinutes: number;
    /** Wrong guesses after which a code is void. */
    readonly attempts: number;
    readonly sendsPerHour: number;
  };
}

/**
 * United States, telephone and cable: a PIN or a backup question that asks for nothing a stranger can look up and nothing
 * on the bill (47 CFR 64.2010(b) and (e)); at most 100 failures in a row, codes of six digits that live for ten minutes and
 * work once (NIST SP 800-63B, 5.2.2 and 5.1.3.2).
 */
export const VERIFICATION_POLICY: VerificationPolicy = {
  version: 'us-telephone/1',
  pin: { leastDigits: 4, mostDigits: 8 },
  questions: {
    'first-concert': 'What was the first concert you went to?',
    'childhood-nickname': 'What was your nickname as a child?',
    'first-job': 'What did you do in your first job?',
    'favorite-teacher': 'What did you call your favorite teacher?',
    'dream-destination': 'Where have you always wanted to go?',
  },
  answer: { leastCharacters: 3 },
  attempts: 5,
  windowMinutes: 24 * 60,
  lockMinutes: [30, 4 * 60, 24 * 60],
  mostInARow: 100,
  code: { digits: 6, lifeMinutes: 10, attempts: 3, sendsPerHour: 5 },
};
