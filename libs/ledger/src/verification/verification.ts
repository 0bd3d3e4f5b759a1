import { type Decider, Rejected } from '#libs/event-sourcing';
import { type VerificationEvent, verificationEvents, type Method, type Purpose } from './verification-events.js';
import { type VerificationPolicy } from './verification-policy.js';

/** A secret as it is known here: what it is compared by, and never what it is. */
export interface Secret {
  readonly secretId: string;
  readonly verifier: string;
}

/** A PIN or an answer, which people remember: slow to hash, in the way that is named. */
interface RememberedSecret extends Secret {
  readonly hashing: string;
  readonly setAt: string;
}

/** The last code that was sent for a purpose; spent or expired ones are kept, to answer a retry by. */
interface SentCode extends Secret {
  readonly expiresAt: string;
  readonly failures: number;
  readonly used: boolean;
}

export interface VerificationState {
  readonly pin: RememberedSecret | undefined;
  readonly question: (RememberedSecret & { readonly question: string }) | undefined;
  readonly codes: Readonly<Partial<Record<Purpose, SentCode>>>;
  /** When codes were sent, the latest last. */
  readonly sends: readonly string[];
  /** What counts toward the next lock. */
  readonly failures: readonly { readonly method: Method; readonly at: string }[];
  /** Failures since the last success or unlocking, over all locks. */
  readonly inARow: number;
  /** Locks since then. */
  readonly locks: number;
  readonly lock: { readonly until: string | undefined } | undefined;
}

/** Longer than any policy counts. */
const REMEMBERED = 100;
const FORGIVEN = { failures: [], inARow: 0, locks: 0, lock: undefined } as const;

/**
 * How the customer of an account proves who they are, in a stream of its own beside the account's (`verification-<account>`).
 * All attempts are counted in it by exact revision, so that however many guess at once, and whatever restarts in between,
 * no more guesses are answered than the policy allows.
 */
export const verification: Decider<VerificationState, VerificationEvent> = {
  category: 'verification',
  events: verificationEvents,
  initialState: { pin: undefined, question: undefined, codes: {}, sends: [], ...FORGIVEN },
  evolve(state, event) {
    switch (event.type) {
      case 'PinSet': {
        const { secretId, verifier, hashing, effectiveAt: setAt } = event.data;
        return { ...state, pin: { secretId, verifier, hashing, setAt } };
      }
      case 'SecurityQuestionSet': {
        const { secretId, verifier, hashing, question, effectiveAt: setAt } = event.data;
        return { ...state, question: { secretId, verifier, hashing, question, setAt } };
      }
      case 'CodeSent': {
        const { secretId, verifier, purpose, expiresAt, effectiveAt } = event.data;
        const code = { secretId, verifier, expiresAt, failures: 0, used: false };
        const sends = [...state.sends, effectiveAt].slice(-REMEMBERED);
        return { ...state, codes: { ...state.codes, [purpose]: code }, sends };
      }
      case 'VerificationSucceeded':
        return succeeded(state, event.data);
      case 'VerificationFailed':
        return failed(state, event.data);
      case 'VerificationLocked':
        return { ...state, failures: [], locks: state.locks + 1, lock: { until: event.data.until } };
      case 'VerificationUnlocked':
        return { ...state, ...FORGIVEN };
    }
  },
};

type Checked = Extract<VerificationEvent, { type: 'VerificationSucceeded' }>['data'];

/** One who knows one secret and guesses another is forgiven nothing of the guessing. */
function succeeded(state: VerificationState, { method, purpose }: Checked): VerificationState {
  const failures = state.failures.filter((failure) => failure.method !== method);
  const next = { ...state, ...FORGIVEN, failures };
  return method === 'code' ? withCode(next, purpose, (code) => ({ ...code, used: true })) : next;
}

function failed(state: VerificationState, { method, purpose, effectiveAt: at }: Checked): VerificationState {
  const failures = [...state.failures, { method, at }].slice(-REMEMBERED);
  const next = { ...state, failures, inARow: state.inARow + 1 };
  return method === 'code' ? withCode(next, purpose, (code) => ({ ...code, failures: code.failures + 1 })) : next;
}

function withCode(state: VerificationState, purpose: Purpose, change: (code: SentCode) => SentCode): VerificationState {
  const code = state.codes[purpose];
  return code ? { ...state, codes: { ...state.codes, [purpose]: change(code) } } : state;
}

/** The secret that a proof is compared with; a code also when it is spent, so that a retry finds its first result. */
export function secretFor(state: VerificationState, method: Method, purpose: Purpose): Secret | undefined {
  switch (method) {
    case 'pin':
      return state.pin;
    case 'security-question':
      return state.question;
    case 'code':
      return state.codes[purpose];
  }
}

/** Why a code is not taken any more; undefined for one that is. */
export function whyVoid(
  state: VerificationState,
  purpose: Purpose,
  at: string,
  { code: { attempts } }: VerificationPolicy,
): 'used' | 'expired' | 'guessed at too often' | undefined {
  const code = state.codes[purpose];
  if (!code) return undefined;
  if (code.used) return 'used';
  if (code.expiresAt <= at) return 'expired';
  return code.failures >= attempts ? 'guessed at too often' : undefined;
}

/** The failures that count at a moment. */
export function recentFailures(state: VerificationState, at: string, { windowMinutes }: VerificationPolicy): number {
  const since = minutesAfter(at, -windowMinutes);
  return state.failures.filter((failure) => failure.at > since).length;
}

/** The lock that stands at a moment. */
export function lockAt({ lock }: VerificationState, at: string): VerificationState['lock'] {
  return lock !== undefined && (lock.until === undefined || lock.until > at) ? lock : undefined;
}

/** @throws Rejected VERIFICATION_LOCKED */
export function refuseWhileLocked(state: VerificationState, at: string): void {
  const lock = lockAt(state, at);
  if (lock === undefined) return;
  const when = lock.until === undefined ? 'have it unlocked by staff' : `try again after ${lock.until}`;
  refuseVerification('VERIFICATION_LOCKED', `too many wrong answers: ${when}`);
}

/** An instant so many minutes later, as events have it. */
export function minutesAfter(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}

/** Every refusal of verification, by its stable code. */
export const VERIFICATION_REJECTIONS = {
  VERIFICATION_LOCKED: 'too many wrong secrets were given; nothing is compared until the lock ends',
  VERIFICATION_NOT_SET_UP: 'the customer has set no such secret, or no code was sent for this purpose',
  VERIFICATION_CHANGED: 'the secret was set anew while it was being compared',
  VERIFICATION_FORGOTTEN: 'the personal data of the customer was erased, and the secrets with it',
  CODE_VOID: 'the code was used, has expired, or was guessed at too often',
  CODES_TOO_MANY: 'more codes were asked for than are sent in an hour',
  PIN_TOO_SIMPLE: 'the PIN is one of those that are tried first',
  ANSWER_TOO_SHORT: 'the answer is too short to prove anything',
  QUESTION_UNKNOWN: 'not one of the questions that may be asked',
} as const;

export function refuseVerification(code: keyof typeof VERIFICATION_REJECTIONS, message: string, field?: string): never {
  throw new Rejected(code, message, field);
}
