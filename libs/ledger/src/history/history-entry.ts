import { type AccountEvent } from '../billing/account-events.js';

/** What a line of the billing history is about. */
export const HISTORY_KINDS = [
  'account-opened',
  'bill-issued',
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
  'pay-bill-number-changed',
  'debt-received',
  'credit-transferred',
  'account-transferred',
  'account-closed',
] as const;

export type HistoryKind = (typeof HISTORY_KINDS)[number];

/** The part of a history line that says what happened, in words the customer's papers also carry. */
export interface HistoryEntry {
  readonly kind: HistoryKind;
  /** Bill number, confirmation number, or the id of payment, attempt, credit, hold or other account; null where none is concerned. */
  readonly reference: string | null;
  readonly reason: string | null;
}

export function historyEntryOf({ type, data }: AccountEvent): HistoryEntry {
  switch (type) {
    case 'AccountOpened':
      return { kind: 'account-opened', reference: null, reason: null };
    case 'BillIssued':
      if (data.transferredFrom) {
        return { kind: 'debt-received', reference: data.billNumber, reason: 'account-transfer' };
      }
      return { kind: 'bill-issued', reference: data.billNumber, reason: null };
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
