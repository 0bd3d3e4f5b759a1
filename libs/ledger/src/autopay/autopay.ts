import { type AccountEvent } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { autopayEvents } from './autopay-events.js';

/* The autopay of an account, as its stream has it: part of the account's state. Amounts are minor units. */

export type AutopayEvent = Extract<AccountEvent, { type: `Autopay${string}` }>;
type Data<Type extends AutopayEvent['type']> = Extract<AutopayEvent, { type: Type }>['data'];

/** What of a debit is for which bill. */
export interface BillShare {
  readonly billNumber: string;
  readonly amount: bigint;
}

/** The customer's authorization to debit their bills, the latest there was. */
export interface Enrollment {
  readonly enrollmentId: string;
  /** `cancelled` by the customer, `stopped` by a rule or by the end of the account: neither comes back. */
  readonly status: 'active' | 'suspended' | 'cancelled' | 'stopped';
  readonly method: Data<'AutopayEnrolled'>['method'];
  readonly daysBeforeDue: number;
  readonly noticeRange: { readonly from: bigint; readonly to: bigint } | undefined;
  readonly consent: Data<'AutopayEnrolled'>['consent'];
  /** Bills that fall due from this day on are debited: the day of the enrolment, or of its resumption. */
  readonly since: string;
  /** Why it is suspended or stopped. */
  readonly code: string | undefined;
  /** The latest warning that the card expires: so many days ahead. */
  readonly warned: number | undefined;
}

export interface AutopayDebit {
  readonly debitId: string;
  readonly payOn: string;
  /** What was announced: the most that is debited. */
  readonly amount: bigint;
  readonly bills: readonly BillShare[];
  /** Whether its customer was given notice of it. */
  readonly noticed: boolean;
  /** `failed` is returned or declined, and nothing was done about it yet. */
  readonly status: 'scheduled' | 'presented' | 'paid' | 'failed' | 'dropped';
  /** How often it was presented. */
  readonly presentments: number;
  /** The day of the original. */
  readonly firstPresentedOn: string | undefined;
  /** The latest presentment. */
  readonly presented: Presented | undefined;
  /** Of the bank or gateway, when it failed. */
  readonly code: string | undefined;
  /** Why it was dropped. */
  readonly reason: string | undefined;
  /** It was decided on, and given up before its payment was ever asked for. */
  readonly neverMade: boolean;
}

export interface Presented {
  readonly enrollmentId: string;
  readonly paymentId: string;
  readonly method: Data<'AutopayDebitPresented'>['method'];
  readonly amount: bigint;
  readonly bills: readonly BillShare[];
  /** What has become of the enrolment since it was decided on; nothing while that stands. */
  readonly enrollmentWas: Exclude<Enrollment['status'], 'active'> | 'replaced' | undefined;
}

export interface Autopay {
  readonly enrollment: Enrollment | undefined;
  /** All there ever were, in the order they were announced. */
  readonly debits: readonly AutopayDebit[];
}

export const noAutopay: Autopay = { enrollment: undefined, debits: [] };

/** Debits that were not made although the bill was to be paid: once there is an enrolment again, it is. */
const DEBITED_LATER: ReadonlySet<string> = new Set([
  'too-late',
  // In dispute or under an arrangement on its day.
  'put-off',
  // There was credit for it then, which may be refunded or used otherwise.
  'covered-by-credit',
  // The rest of it, when its payment was never asked for.
  'less-to-debit',
  'enrollment-cancelled',
  'enrollment-suspended',
  'enrollment-stopped',
  'enrollment-replaced',
]);

export function isAutopayEvent<Event extends AccountEvent>(event: Event): event is Event & AutopayEvent {
  return Object.hasOwn(autopayEvents, event.type);
}

/** Whether the next run announces a debit of an open bill: it falls due under the enrolment, and no debit is or was about it. */
export function awaitsDebit(
  { enrollment, debits }: Autopay,
  { billNumber, dueOn }: { readonly billNumber: string; readonly dueOn: string },
): boolean {
  if (enrollment?.status !== 'active' || dueOn < enrollment.since) return false;
  const isAbout = ({ bills }: AutopayDebit) => bills.some((share) => share.billNumber === billNumber);
  return !debits.some((debit) => isAbout(debit) && !(debit.status === 'dropped' && DEBITED_LATER.has(debit.reason!)));
}

/**
 * What is debited of a bill for the first time: as announced while the day is ahead, or as presented while no outcome is known.
 * What came back is no such debit any more, though it be presented again.
 */
export function firstDebitOf({ debits }: Autopay, billNumber: string, when: 'ahead' | 'at-the-bank'): bigint {
  let sum = 0n;
  for (const { status, presentments, bills, presented } of debits) {
    const isMeant =
      when === 'ahead' ? status === 'scheduled' && presentments === 0 : status === 'presented' && presentments === 1;
    if (!isMeant) continue;
    for (const share of presented?.bills ?? bills) if (share.billNumber === billNumber) sum += share.amount;
  }
  return sum;
}

/** What an event of the account means for its autopay; most mean nothing. */
export function evolveAutopay(autopay: Autopay, event: AccountEvent, digits: number): Autopay {
  if (isAutopayEvent(event)) return evolved(autopay, event, digits);
  if (autopay === noAutopay) return autopay;
  switch (event.type) {
    case 'PaymentApplied':
    case 'PaymentReinstated':
      return ofPayment(autopay, event.data.paymentId, (debit) => ({ ...debit, status: 'paid', code: undefined }));
    case 'PaymentFailed':
      return ofPayment(autopay, event.data.attemptId, failed(event.data.declineCode));
    case 'PaymentReturned':
      return ofPayment(autopay, event.data.paymentId, failed(event.data.returnCode ?? event.data.reason));
    case 'AccountClosed':
      return ended(autopay, 'stopped', 'account-closed');
    default:
      return autopay;
  }
}

function evolved(autopay: Autopay, event: AutopayEvent, digits: number): Autopay {
  switch (event.type) {
    case 'AutopayEnrolled':
      return { ...without(autopay, 'replaced'), enrollment: enrolled(event.data, digits) };
    case 'AutopayCancelled':
      return ended(autopay, 'cancelled');
    case 'AutopayStopped':
      return ended(autopay, 'stopped', event.data.code);
    case 'AutopaySuspended':
      return ended(autopay, 'suspended', event.data.code);
    case 'AutopayResumed': {
      const since = event.data.effectiveAt.slice(0, 10);
      return withEnrollment(autopay, (enrollment) => ({ ...enrollment, status: 'active', code: undefined, since }));
    }
    case 'AutopayCardExpiring': {
      const { daysAhead: warned } = event.data;
      return withEnrollment(autopay, (enrollment) => ({ ...enrollment, warned }));
    }
    case 'AutopayDebitAnnounced':
      return { ...autopay, debits: [...autopay.debits, announced(event.data, digits)] };
    case 'AutopayDebitPresented':
      return ofDebit(autopay, event.data.debitId, (debit) => presented(debit, event.data, digits));
    case 'AutopayDebitRescheduled': {
      const { payOn, code } = event.data;
      return ofDebit(autopay, event.data.debitId, (debit) => ({ ...debit, status: 'scheduled', payOn, code }));
    }
    case 'AutopayDebitDropped': {
      const { reason, code } = event.data;
      return ofDebit(autopay, event.data.debitId, (debit) => {
        // A payment that was voided is named by its code.
        const neverMade = debit.status === 'presented' && debit.presentments === 1 && code === undefined;
        return { ...debit, status: 'dropped', reason, code, neverMade };
      });
    }
  }
}

function enrolled(data: Data<'AutopayEnrolled'>, digits: number): Enrollment {
  const { enrollmentId, method, daysBeforeDue, noticeRange, consent, effectiveAt } = data;
  return {
    ...{ enrollmentId, status: 'active', method, daysBeforeDue, consent },
    noticeRange: noticeRange && {
      from: parseMinor(noticeRange.from, digits),
      to: parseMinor(noticeRange.to, digits),
    },
    since: effectiveAt.slice(0, 10),
    code: undefined,
    warned: undefined,
  };
}

function announced(data: Data<'AutopayDebitAnnounced'>, digits: number): AutopayDebit {
  const { debitId, payOn, amount, bills, notice } = data;
  return {
    ...{ debitId, payOn, bills: sharesOf(bills, digits), amount: parseMinor(amount.amount, digits) },
    ...{ noticed: notice.required, status: 'scheduled', presentments: 0, firstPresentedOn: undefined },
    ...{ presented: undefined, code: undefined, reason: undefined, neverMade: false },
  };
}

function presented(debit: AutopayDebit, data: Data<'AutopayDebitPresented'>, digits: number): AutopayDebit {
  const { enrollmentId, paymentId, method, presentment, amount, bills, effectiveAt } = data;
  return {
    ...debit,
    status: 'presented',
    presentments: presentment,
    firstPresentedOn: debit.firstPresentedOn ?? effectiveAt.slice(0, 10),
    presented: {
      ...{ enrollmentId, paymentId, method },
      amount: parseMinor(amount.amount, digits),
      bills: sharesOf(bills, digits),
      enrollmentWas: undefined,
    },
    code: undefined,
  };
}

function failed(code: string) {
  return (debit: AutopayDebit): AutopayDebit => ({ ...debit, status: 'failed', code });
}

function ended(autopay: Autopay, status: Exclude<Enrollment['status'], 'active'>, code?: string): Autopay {
  return withEnrollment(without(autopay, status), (enrollment) => ({ ...enrollment, status, code }));
}

/** Notes of what is presented that the enrolment it was decided on under stands no more. */
function without(autopay: Autopay, enrollmentWas: Presented['enrollmentWas']): Autopay {
  return changed(
    autopay,
    ({ status, presented: latest }) => status === 'presented' && latest?.enrollmentWas === undefined,
    (debit) => ({ ...debit, presented: debit.presented && { ...debit.presented, enrollmentWas } }),
  );
}

function withEnrollment(autopay: Autopay, change: (enrollment: Enrollment) => Enrollment): Autopay {
  return autopay.enrollment ? { ...autopay, enrollment: change(autopay.enrollment) } : autopay;
}

function ofDebit(autopay: Autopay, debitId: string, change: (debit: AutopayDebit) => AutopayDebit): Autopay {
  const known = autopay.debits.some((debit) => debit.debitId === debitId);
  if (!known) throw new Error(`history is broken: autopay debit ${debitId} was never announced`);
  return changed(autopay, (debit) => debit.debitId === debitId, change);
}

/** Changes the debit that a payment is the latest presentment of, when there is one. What was dropped stays so. */
function ofPayment(autopay: Autopay, paymentId: string, change: (debit: AutopayDebit) => AutopayDebit): Autopay {
  return changed(
    autopay,
    (debit) => debit.presented?.paymentId === paymentId && debit.status !== 'dropped' && debit.status !== 'scheduled',
    change,
  );
}

function changed(
  autopay: Autopay,
  isMeant: (debit: AutopayDebit) => boolean,
  change: (debit: AutopayDebit) => AutopayDebit,
): Autopay {
  if (!autopay.debits.some(isMeant)) return autopay;
  return { ...autopay, debits: autopay.debits.map((debit) => (isMeant(debit) ? change(debit) : debit)) };
}

function sharesOf(stored: readonly { readonly billNumber: string; readonly amount: string }[], digits: number) {
  return stored.map(({ billNumber, amount }) => ({ billNumber, amount: parseMinor(amount, digits) }));
}
