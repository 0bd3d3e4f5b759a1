import { refuse } from '../billing/rejections.js';

/*
 * By which rules debits are announced, made, and answered when they come back. Data, so that another biller or another
 * regulator is another version; the version is recorded in every event it shaped, together with what followed from it, so
 * that history is read without it.
 */

/**
 * What is done about a debit that was returned or declined: it is presented again, or given up alone, or with it the
 * enrolment is suspended (until somebody has talked to the customer) or stopped (a new authorization is needed).
 */
type Answer = 'present-again' | 'give-up' | 'suspend' | 'stop';

interface Answers {
  /** By the code of the bank or gateway, or the reason where there is no code. */
  readonly codes: Readonly<Record<string, Answer>>;
  readonly otherwise: Answer;
}

export interface AutopayPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  readonly validFrom: string;
  /** Calendar days between the notice of a debit and its day. */
  readonly noticeDays: number;
  /** How early before the due day a customer may have their debits made. */
  readonly mostDaysBeforeDue: number;
  /** Calendar days after its day by which a debit is made or announced anew. */
  readonly latestDays: number;
  readonly presentments: {
    /** The original is one of them. */
    readonly most: number;
    /** Since the original, in calendar days. */
    readonly withinDays: number;
    /** Calendar days from the answer to the first return, the second, and so on, to the next presentment. */
    readonly afterDays: readonly number[];
  };
  readonly answers: Readonly<Record<'card' | 'bank-account', Answers>>;
  /** Calendar days before a card expires at which its customer is warned, the earliest first. */
  readonly cardExpiryWarnings: readonly number[];
}

/** The same whatever the method: what a chargeback says, or that the biller took the payment back. */
const EITHER: Answers['codes'] = { chargeback: 'stop', 'payment-voided': 'give-up' };

/**
 * United States. Notice: 12 CFR 1005.10(d)(1), 10 days before a debit that differs from the one before it. Bank accounts:
 * Nacha Operating Rules, reinitiation of returned entries: for insufficient (R01) or uncollected funds (R09) at most twice
 * after the original, within 180 days of its settlement, for the same amount; an entry whose payment was stopped (R08) only
 * when the customer says so. Closed, unknown, invalid or frozen accounts, accounts that take no debits, and authorizations
 * that are denied or revoked stop. Codes in small letters are those of gateways.
 */
const US_2026: AutopayPolicy = {
  version: 'us-autopay/1',
  validFrom: '2000-01-01',
  noticeDays: 10,
  mostDaysBeforeDue: 15,
  latestDays: 5,
  presentments: { most: 3, withinDays: 180, afterDays: [4, 10] },
  answers: {
    'bank-account': {
      codes: {
        ...EITHER,
        R01: 'present-again',
        R09: 'present-again',
        insufficient_funds: 'present-again',
        never_received: 'present-again',
        R02: 'stop',
        R03: 'stop',
        R04: 'stop',
        R05: 'stop',
        R07: 'stop',
        R10: 'stop',
        R13: 'stop',
        R14: 'stop',
        R15: 'stop',
        R16: 'stop',
        R20: 'stop',
        R29: 'stop',
        account_closed: 'stop',
        no_account: 'stop',
        debit_not_authorized: 'stop',
        R08: 'suspend',
        R11: 'suspend',
      },
      otherwise: 'suspend',
    },
    card: {
      codes: {
        ...EITHER,
        insufficient_funds: 'present-again',
        processing_error: 'present-again',
        try_again_later: 'present-again',
        never_received: 'present-again',
        lost_card: 'stop',
        stolen_card: 'stop',
        pickup_card: 'stop',
        expired_card: 'suspend',
      },
      otherwise: 'suspend',
    },
  },
  cardExpiryWarnings: [45, 14],
};

/** Every version there was, the latest last. One that was in force is never changed. */
export const AUTOPAY_POLICIES: readonly AutopayPolicy[] = [US_2026];

/** The policy in force on a day. */
export function autopayPolicyOn(day: string, among = AUTOPAY_POLICIES): AutopayPolicy {
  return among.findLast(({ validFrom }) => validFrom <= day) ?? US_2026;
}

/** The policy of a name, which a run was begun with. @throws Rejected AUTOPAY_POLICY_UNKNOWN */
export function autopayPolicyNamed(name: string, among = AUTOPAY_POLICIES): AutopayPolicy {
  return (
    among.find(({ version }) => version === name) ??
    refuse('AUTOPAY_POLICY_UNKNOWN', `this build has no autopay policy ${name}; go on with the run by one that has it`)
  );
}

export function answerTo(policy: AutopayPolicy, kind: 'card' | 'bank-account', code: string): Answer {
  const { codes, otherwise } = policy.answers[kind];
  return (Object.hasOwn(codes, code) ? codes[code] : undefined) ?? otherwise;
}
