import { v5 as uuidv5 } from 'uuid';
import { type Message } from '#libs/contracts';
import { autopayContentOf } from './autopay-content.js';
import { type Notification, type NotificationType } from './notification.js';
import { isNothing, perBill } from './shares.js';

/** Namespace of the ids of notifications. Never changes: what was told is recognised by it. */
const NAMESPACE = '0d8d2f43-2c86-5d5e-8a52-7f9fb2a1c6e4';

/** The id of what a message has the customer told. */
function idFromMessage(messageId: string): string {
  return uuidv5(messageId, NAMESPACE);
}

/** The id of what is told about a bill when its day comes. */
export function idFromBill(accountId: string, billNumber: string, type: NotificationType): string {
  return uuidv5(`${accountId}\n${billNumber}\n${type}`, NAMESPACE);
}

/**
 * What a message has the customer told; undefined for most types.
 * @param withheld why it is sent nowhere; null when it is sent
 * @param confirmationNumberOf the confirmation number of a payment that was confirmed earlier
 */
export function notificationOf(
  message: Message,
  withheld: Notification['withheld'],
  confirmationNumberOf: (paymentId: string) => string | null,
): Notification | undefined {
  const { effectiveAt } = message.data;
  const about = { accountId: message.key, occurredAt: effectiveAt, withheld };
  switch (message.type) {
    case 'payment.applied': {
      const { confirmationNumber, paymentId, amount, channel, allocations, unapplied } = message.data;
      const credit = isNothing(unapplied.amount) ? null : unapplied;
      const paid = { bills: perBill(allocations), credit };
      const content = { confirmationNumber, paymentId, amount, channel, paidAt: effectiveAt, ...paid };
      return { ...about, id: idFromMessage(message.id), type: 'payment-confirmation', content };
    }
    case 'payment.returned': {
      const { paymentId, amount, released, partOf = paymentId } = message.data;
      // All parts of a payment over several accounts have the confirmation number of the whole.
      const confirmationNumber = confirmationNumberOf(partOf);
      const content = { paymentId, confirmationNumber, amount, returnedAt: effectiveAt, bills: perBill(released) };
      return { ...about, id: idFromMessage(message.id), type: 'payment-returned', content };
    }
    case 'bill.issued': {
      const { billNumber, issuedOn, dueOn, total, transferredFrom } = message.data;
      // It was told when it was issued, on the account it comes from.
      if (transferredFrom) return undefined;
      const content = { billNumber, issuedOn, dueOn, amount: total };
      return { ...about, id: idFromMessage(message.id), type: 'bill-ready', content };
    }
    case 'late-fee.assessed': {
      const { billNumber, amount, overdue } = message.data;
      const content = { billNumber, amount, overdue, chargedAt: effectiveAt };
      return { ...about, id: idFromMessage(message.id), type: 'late-fee-charged', content };
    }
    case 'dunning.step-taken': {
      const { kind, billNumber, dueOn, amount, suspendsFrom = null } = message.data;
      if (kind !== 'final-notice') return undefined;
      const content = { billNumber, dueOn, amount, suspendsFrom };
      return { ...about, id: idFromMessage(message.id), type: 'final-notice', content };
    }
    case 'service.suspended': {
      const content = { suspendedAt: effectiveAt, amount: message.data.amount ?? null };
      return { ...about, id: idFromMessage(message.id), type: 'service-suspended', content };
    }
    case 'service.restored': {
      const content = { restoredAt: effectiveAt };
      return { ...about, id: idFromMessage(message.id), type: 'service-restored', content };
    }
    default: {
      const told = autopayContentOf(message);
      return told && { ...about, id: idFromMessage(message.id), ...told };
    }
  }
}
