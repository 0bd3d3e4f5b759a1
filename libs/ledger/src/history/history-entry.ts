import { type AutopayEvent, isAutopayEvent } from '../autopay/autopay.js';
import { type AccountEvent, type CustomerServiceEvent, isCustomerServiceEvent } from '../billing/account-events.js';

const AUTOPAY_KINDS = {
  AutopayEnrolled: 'autopay-enrolled',
  AutopayCancelled: 'autopay-cancelled',
  AutopayStopped: 'autopay-stopped',
  AutopaySuspended: 'autopay-suspended',
  AutopayResumed: 'autopay-resumed',
  AutopayCardExpiring: 'autopay-card-expiring',
  AutopayDebitAnnounced: 'autopay-debit-announced',
  AutopayDebitPresented: 'autopay-debit-presented',
  AutopayDebitRescheduled: 'autopay-debit-rescheduled',
  AutopayDebitDropped: 'autopay-debit-dropped',
} as const satisfies Record<AutopayEvent['type'], string>;

/** What a line of the billing history is about. */
export const HISTORY_KINDS = [
  'account-opened',
  'bill-issued',
  'late-fee-assessed',
  'dunning-step-taken',
  'service-suspended',
  'service-restored',
  'debt-written-off',
  'debt-reinstated',
  'payment-applied',
  'payment-unapplied',
  'payment-returned',
  'payment-reinstated',
  'payment-refunded',
  'payment-failed',
  'payments-held',
  'payments-released',
  'charge-reversed',
  'credit-issued',
  'credit-applied',
  'contact-changed',
  'notification-preferences-changed',
  'dispute-opened',
  'dispute-resolved',
  'adjustment-proposed',
  'adjustment-approved',
  'adjustment-refused',
  'arrangement-agreed',
  'instalment-kept',
  'arrangement-broken',
  'arrangement-completed',
  'arrangement-cancelled',
  'bill-delivery-changed',
  'pay-bill-number-changed',
  'debt-received',
  'credit-transferred',
  'account-transferred',
  'account-closed',
  ...Object.values(AUTOPAY_KINDS),
] as const;

export type HistoryKind = (typeof HISTORY_KINDS)[number];

/** The part of a history line that says what happened, in words the customer's papers also carry. */
export interface HistoryEntry {
  readonly kind: HistoryKind;
  /**
   * Bill number, confirmation number, or the id of what it is about: payment, attempt, credit, write-off, hold, dispute,
   * adjustment, arrangement, enrolment, debit
   * or other account; null where none is concerned.
   */
  readonly reference: string | null;
  readonly reason: string | null;
}

export function historyEntryOf(event: AccountEvent): HistoryEntry {
  if (isAutopayEvent(event)) return autopayEntryOf(event);
  if (isCustomerServiceEvent(event)) return serviceEntryOf(event);
  const { type, data } = event;
  switch (type) {
    case 'AccountOpened':
      return { kind: 'account-opened', reference: null, reason: null };
    case 'BillIssued':
      if (data.transferredFrom) {
        return { kind: 'debt-received', reference: data.billNumber, reason: 'account-transfer' };
      }
      return { kind: 'bill-issued', reference: data.billNumber, reason: null };
    case 'LateFeeAssessed':
      return { kind: 'late-fee-assessed', reference: data.billNumber, reason: null };
    case 'DunningStepTaken':
      return { kind: 'dunning-step-taken', reference: data.billNumber, reason: data.step };
    case 'ServiceSuspended':
      return { kind: 'service-suspended', reference: null, reason: data.reason };
    case 'ServiceRestored':
      return { kind: 'service-restored', reference: null, reason: data.reason };
    case 'DebtWrittenOff':
      return { kind: 'debt-written-off', reference: data.writeOffId, reason: data.reason };
    case 'DebtReinstated':
      return { kind: 'debt-reinstated', reference: data.paymentId ?? null, reason: data.reason };
    case 'PaymentApplied':
      return { kind: 'payment-applied', reference: data.confirmationNumber, reason: null };
    case 'PaymentUnapplied':
      return { kind: 'payment-unapplied', reference: data.paymentId, reason: data.reason };
    case 'PaymentReturned':
      return { kind: 'payment-returned', reference: data.paymentId, reason: data.reason };
    case 'PaymentReinstated':
      return { kind: 'payment-reinstated', reference: data.paymentId, reason: data.reason };
    case 'PaymentRefunded':
      return { kind: 'payment-refunded', reference: data.paymentId, reason: data.reason };
    case 'PaymentFailed':
      return { kind: 'payment-failed', reference: data.attemptId, reason: data.declineCode };
    case 'PaymentsHeld':
      return { kind: 'payments-held', reference: data.holdId, reason: data.reason };
    case 'PaymentsReleased':
      return { kind: 'payments-released', reference: data.holdId, reason: data.reason };
    case 'ChargeReversed':
      return { kind: 'charge-reversed', reference: data.billNumber, reason: data.reason };
    case 'CreditIssued':
      return { kind: 'credit-issued', reference: data.creditId, reason: data.reason };
    case 'CreditApplied':
      return { kind: 'credit-applied', reference: null, reason: null };
    case 'ContactChanged':
      return { kind: 'contact-changed', reference: null, reason: null };
    case 'NotificationPreferencesChanged':
      return { kind: 'notification-preferences-changed', reference: null, reason: null };
    case 'BillDeliveryChanged':
      return { kind: 'bill-delivery-changed', reference: null, reason: data.paperless ? 'paperless' : 'paper' };
    case 'PayBillNumberChanged':
      // The numbers themselves are shown on the bill alone (ID5).
      return { kind: 'pay-bill-number-changed', reference: null, reason: data.reason };
    case 'CreditTransferred':
      return { kind: 'credit-transferred', reference: data.accountId, reason: data.reason };
    case 'AccountTransferred':
      return { kind: 'account-transferred', reference: data.successorId, reason: data.reason };
    case 'AccountClosed':
      return { kind: 'account-closed', reference: null, reason: data.reason };
  }
}

function serviceEntryOf({ type, data }: CustomerServiceEvent): HistoryEntry {
  switch (type) {
    case 'DisputeOpened':
      return { kind: 'dispute-opened', reference: data.disputeId, reason: data.reason };
    case 'DisputeResolved':
      return { kind: 'dispute-resolved', reference: data.disputeId, reason: data.reason };
    case 'AdjustmentProposed':
      return { kind: 'adjustment-proposed', reference: data.adjustmentId, reason: data.reason };
    case 'AdjustmentApproved':
      return { kind: 'adjustment-approved', reference: data.adjustmentId, reason: data.approval };
    case 'AdjustmentRefused':
      return { kind: 'adjustment-refused', reference: data.adjustmentId, reason: data.reason };
    case 'ArrangementAgreed':
      return { kind: 'arrangement-agreed', reference: data.arrangementId, reason: null };
    case 'InstalmentKept':
      return { kind: 'instalment-kept', reference: data.arrangementId, reason: null };
    case 'ArrangementBroken':
      return { kind: 'arrangement-broken', reference: data.arrangementId, reason: null };
    case 'ArrangementCompleted':
      return { kind: 'arrangement-completed', reference: data.arrangementId, reason: null };
    case 'ArrangementCancelled':
      return { kind: 'arrangement-cancelled', reference: data.arrangementId, reason: data.reason };
  }
}

function autopayEntryOf({ type, data }: AutopayEvent): HistoryEntry {
  const reference = 'debitId' in data ? data.debitId : data.enrollmentId;
  const reason = 'reason' in data ? data.reason : 'code' in data ? data.code : null;
  return { kind: AUTOPAY_KINDS[type], reference, reason };
}
