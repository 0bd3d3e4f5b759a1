/* What customers are told, and what each telling is made of. Contents are stored and sent to webhooks: they only grow. */

/** Money as messages carry it. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Money on one bill. */
interface BillShare {
  readonly billNumber: string;
  readonly amount: Money;
}

/** The content of each type. Days are `2026-01-31`, instants ISO 8601 in UTC. */
export interface Contents {
  'payment-confirmation': {
    readonly confirmationNumber: string;
    readonly paymentId: string;
    readonly amount: Money;
    readonly channel: string;
    readonly paidAt: string;
    /** What it paid, one entry for each bill. */
    readonly bills: readonly BillShare[];
    /** What no open bill took; null when nothing is left. */
    readonly credit: Money | null;
  };
  'bill-ready': {
    readonly billNumber: string;
    readonly issuedOn: string;
    readonly dueOn: string;
    readonly amount: Money;
  };
  'payment-returned': {
    readonly paymentId: string;
    /** Of the payment, as the customer knows it; null when it was made before Paybill told anybody. */
    readonly confirmationNumber: string | null;
    readonly amount: Money;
    readonly returnedAt: string;
    /** What is open again. */
    readonly bills: readonly BillShare[];
  };
  /** The code itself is nowhere but in the mail or text message: it is made when that is written. */
  'verification-code': {
    readonly codeId: string;
    readonly digits: number;
    readonly purpose: string;
    /** How long it works. */
    readonly minutes: number;
    readonly expiresAt: string;
  };
  'late-fee-charged': {
    readonly billNumber: string;
    readonly amount: Money;
    /** What it was reckoned on. */
    readonly overdue: Money;
    readonly chargedAt: string;
  };
  'final-notice': {
    /** The bill that is longest past due, and all that is past due. */
    readonly billNumber: string;
    readonly dueOn: string;
    readonly amount: Money;
    /** The first day on which service may be suspended; null where the policy suspends nobody. */
    readonly suspendsFrom: string | null;
  };
  'service-suspended': {
    readonly suspendedAt: string;
    /** What is past due; null where service is suspended for another reason. */
    readonly amount: Money | null;
  };
  'service-restored': { readonly restoredAt: string };
  'bill-due-soon': DueBill;
  'bill-overdue': DueBill;
  /** The customer's copy of the authorization they gave (12 CFR 1005.10(b)). */
  'autopay-enrolled': Debited & {
    readonly enrollmentId: string;
    readonly agreedAt: string;
    readonly wording: string;
    readonly daysBeforeDue: number;
  };
  'autopay-cancelled': { readonly enrollmentId: string; readonly cancelledAt: string };
  /** The notice of a debit that differs from the one before it (12 CFR 1005.10(d)). */
  'autopay-notice': Debited & {
    readonly debitId: string;
    readonly payOn: string;
    readonly amount: Money;
    readonly bills: readonly BillShare[];
  };
  /** A debit came back, or could not be made. */
  'autopay-failed': {
    readonly debitId: string;
    readonly amount: Money;
    readonly bills: readonly BillShare[];
    /** The day it is tried again; null when it is not. */
    readonly retryOn: string | null;
  };
  /** Nothing is debited any more: until autopay is resumed, or for good. */
  'autopay-stopped': {
    readonly enrollmentId: string;
    readonly stoppedAt: string;
    readonly ended: boolean;
    /** Of the bank, the gateway, or the rule. */
    readonly code: string;
  };
  /** The month is as on the card, `03/2027`. */
  'card-expiring': { readonly enrollmentId: string; readonly expires: string; readonly lastFour: string | null };
}

/** What is debited, as its customer knows it. */
interface Debited {
  readonly method: 'card' | 'bank-account';
  readonly lastFour: string | null;
}

interface DueBill {
  readonly billNumber: string;
  readonly dueOn: string;
  /** What is still open of the bill. */
  readonly amount: Money;
}

export type NotificationType = keyof Contents;

export const NOTIFICATION_TYPES = [
  'payment-confirmation',
  'bill-ready',
  'payment-returned',
  'verification-code',
  'late-fee-charged',
  'final-notice',
  'service-suspended',
  'service-restored',
  'bill-due-soon',
  'bill-overdue',
  'autopay-enrolled',
  'autopay-cancelled',
  'autopay-notice',
  'autopay-failed',
  'autopay-stopped',
  'card-expiring',
] as const satisfies readonly NotificationType[];

/** Types that do not wait for the end of quiet hours: who has just paid, or asked for a code, waits for it. */
export const AT_ONCE: ReadonlySet<string> = new Set<NotificationType>(['payment-confirmation', 'verification-code']);

/** One thing told to the customer of an account. */
export type Notification = {
  [Type in NotificationType]: {
    /** Made from what caused it, so that nothing is told twice. */
    readonly id: string;
    readonly type: Type;
    readonly accountId: string;
    /** When what it tells of counts for the customer. */
    readonly occurredAt: string;
    readonly content: Contents[Type];
    /** Why it is shown online and sent nowhere; null for one that is sent. */
    readonly withheld: 'history' | null;
  };
}[NotificationType];
