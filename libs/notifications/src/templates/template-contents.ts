import { type Contents, type NotificationType } from '../telling/notification.js';

/** What every template can name besides the content of its type. */
export interface Common {
  /** What the customer knows the biller by. */
  readonly biller: string;
  /** BCP 47, as money and days are written. */
  readonly locale: string;
  readonly name: string | null;
  /** The last four figures of the pay bill number; the whole number is never shown. */
  readonly accountEnding: string | null;
}

const money = { amount: '1234.50', currency: 'USD' };
const bill = { billNumber: 'B-2026-001', dueOn: '2026-02-15', amount: money };
const debited = { method: 'card', lastFour: '4242' };
const debit = { debitId: '7', amount: money, bills: [{ billNumber: 'B-2026-001', amount: money }] };
const enrollmentId = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b10';
const common: Common = { biller: 'Paybill', locale: 'en', name: 'Ada', accountEnding: '4711' };

/** What the templates of each type can name, by an example: variables are checked against it when the process starts. */
export const EXAMPLES: Readonly<Record<NotificationType, Readonly<Record<string, unknown>>>> = {
  'payment-confirmation': {
    ...common,
    confirmationNumber: '7K2M-9QXD-4TRA',
    amount: money,
    channel: 'online',
    paidOn: '2026-01-31',
    bills: [{ billNumber: 'B-2026-001', amount: money }],
    credit: money,
  },
  'bill-ready': { ...common, ...bill, issuedOn: '2026-01-15' },
  'payment-returned': {
    ...common,
    confirmationNumber: '7K2M-9QXD-4TRA',
    amount: money,
    returnedOn: '2026-01-31',
    bills: [{ billNumber: 'B-2026-001', amount: money }],
  },
  'verification-code': {
    ...common,
    code: '048261',
    codeId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b06',
    digits: 6,
    purpose: 'account-access',
    minutes: 10,
    expiresAt: '2026-01-31T12:10:00.000Z',
  },
  'late-fee-charged': {
    ...common,
    billNumber: bill.billNumber,
    amount: money,
    overdue: money,
    chargedOn: '2026-02-21',
  },
  'final-notice': { ...common, ...bill, suspendsFrom: '2026-03-19' },
  'service-suspended': { ...common, suspendedOn: '2026-03-19', amount: money },
  'service-restored': { ...common, restoredOn: '2026-03-21' },
  'bill-due-soon': { ...common, ...bill },
  'bill-overdue': { ...common, ...bill },
  'autopay-enrolled': {
    ...{ ...common, ...debited, enrollmentId },
    ...{ wording: 'autopay-2026-01', daysBeforeDue: 0, agreedAt: '2026-01-31T12:00:00.000Z', agreedOn: '2026-01-31' },
  },
  'autopay-cancelled': { ...common, enrollmentId, cancelledOn: '2026-01-31' },
  'autopay-notice': { ...common, ...debited, ...debit, payOn: '2026-02-15' },
  'autopay-failed': { ...common, ...debit, retryOn: '2026-02-20' },
  'autopay-stopped': { ...common, enrollmentId, stoppedOn: '2026-01-31', ended: true, code: 'R02' },
  'card-expiring': { ...common, enrollmentId, expires: '03/2027', lastFour: '4242' },
};

const nameless = { name: null, accountEnding: null };

/**
 * Of each type what is there at least, by examples: what may be absent is. A payment leaves credit or pays bills, so that
 * these two are absent in turn.
 */
export const LEAST: Readonly<Record<NotificationType, readonly Readonly<Record<string, unknown>>[]>> = {
  'payment-confirmation': [
    { ...EXAMPLES['payment-confirmation'], ...nameless, credit: null },
    { ...EXAMPLES['payment-confirmation'], ...nameless, bills: [] },
  ],
  'bill-ready': [{ ...EXAMPLES['bill-ready'], ...nameless }],
  'payment-returned': [{ ...EXAMPLES['payment-returned'], ...nameless, confirmationNumber: null, bills: [] }],
  'verification-code': [{ ...EXAMPLES['verification-code'], ...nameless }],
  'late-fee-charged': [{ ...EXAMPLES['late-fee-charged'], ...nameless }],
  'final-notice': [{ ...EXAMPLES['final-notice'], ...nameless, suspendsFrom: null }],
  'service-suspended': [{ ...EXAMPLES['service-suspended'], ...nameless, amount: null }],
  'service-restored': [{ ...EXAMPLES['service-restored'], ...nameless }],
  'bill-due-soon': [{ ...EXAMPLES['bill-due-soon'], ...nameless }],
  'bill-overdue': [{ ...EXAMPLES['bill-overdue'], ...nameless }],
  'autopay-enrolled': [{ ...EXAMPLES['autopay-enrolled'], ...nameless, lastFour: null }],
  'autopay-cancelled': [{ ...EXAMPLES['autopay-cancelled'], ...nameless }],
  'autopay-notice': [{ ...EXAMPLES['autopay-notice'], ...nameless, lastFour: null }],
  'autopay-failed': [{ ...EXAMPLES['autopay-failed'], ...nameless, retryOn: null }],
  'autopay-stopped': [{ ...EXAMPLES['autopay-stopped'], ...nameless, ended: false }],
  'card-expiring': [{ ...EXAMPLES['card-expiring'], ...nameless, lastFour: null }],
};

/** A stored content as templates see it: what happened at an instant is shown on its day where the customer is. */
export function variablesOf(
  content: Contents[NotificationType],
  common: Common,
  dayOf: (instant: string) => string,
): Record<string, unknown> {
  const days: Record<string, string> = {};
  if ('paidAt' in content) days['paidOn'] = dayOf(content.paidAt);
  if ('returnedAt' in content) days['returnedOn'] = dayOf(content.returnedAt);
  if ('agreedAt' in content) days['agreedOn'] = dayOf(content.agreedAt);
  if ('cancelledAt' in content) days['cancelledOn'] = dayOf(content.cancelledAt);
  if ('stoppedAt' in content) days['stoppedOn'] = dayOf(content.stoppedAt);
  if ('chargedAt' in content) days['chargedOn'] = dayOf(content.chargedAt);
  if ('suspendedAt' in content) days['suspendedOn'] = dayOf(content.suspendedAt);
  if ('restoredAt' in content) days['restoredOn'] = dayOf(content.restoredAt);
  return { ...content, ...days, ...common };
}
