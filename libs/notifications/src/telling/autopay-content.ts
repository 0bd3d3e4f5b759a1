import { type Message } from '#libs/contracts';
import { type Notification } from './notification.js';

type Told = Notification extends infer Each
  ? Each extends Notification
    ? Pick<Each, 'type' | 'content'>
    : never
  : never;

/** Debits that are not made although the customer counts on them. Of the others they know, or are told another way. */
const UNEXPECTED: ReadonlySet<string> = new Set([
  'presentments-used-up',
  'presented-too-long',
  'amount-changed',
  'too-late',
]);

/**
 * What a message about autopay has the customer told. A return is told as such, and a debit by its confirmation; so the
 * debits that went as announced are told no second time.
 */
export function autopayContentOf(message: Message): Told | undefined {
  switch (message.type) {
    case 'autopay.enrolled': {
      const { enrollmentId, method, agreedAt, wording, daysBeforeDue } = message.data;
      const content = { enrollmentId, ...known(method), agreedAt, wording, daysBeforeDue };
      return { type: 'autopay-enrolled', content };
    }
    case 'autopay.cancelled': {
      const { enrollmentId, effectiveAt: cancelledAt } = message.data;
      return { type: 'autopay-cancelled', content: { enrollmentId, cancelledAt } };
    }
    case 'autopay.debit-announced': {
      const { debitId, payOn, amount, bills, method, noticeRequired } = message.data;
      if (!noticeRequired) return undefined;
      return { type: 'autopay-notice', content: { debitId, payOn, amount, bills, ...known(method) } };
    }
    case 'autopay.debit-rescheduled': {
      const { debitId, amount, bills, payOn: retryOn } = message.data;
      return { type: 'autopay-failed', content: { debitId, amount, bills, retryOn } };
    }
    case 'autopay.debit-dropped': {
      const { debitId, amount, bills, reason } = message.data;
      if (!UNEXPECTED.has(reason)) return undefined;
      return { type: 'autopay-failed', content: { debitId, amount, bills, retryOn: null } };
    }
    case 'autopay.stopped':
    case 'autopay.suspended': {
      const { enrollmentId, code, effectiveAt: stoppedAt } = message.data;
      const ended = message.type === 'autopay.stopped';
      return { type: 'autopay-stopped', content: { enrollmentId, stoppedAt, ended, code } };
    }
    case 'autopay.card-expiring': {
      const { enrollmentId, expires, lastFour = null } = message.data;
      const [year, month] = expires.split('-');
      return { type: 'card-expiring', content: { enrollmentId, expires: `${month}/${year}`, lastFour } };
    }
    default:
      return undefined;
  }
}

function known({ kind: method, lastFour }: { kind: 'card' | 'bank-account'; lastFour?: string | undefined }) {
  return { method, lastFour: lastFour ?? null };
}
