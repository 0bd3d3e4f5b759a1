import { type Message, type MessageData, MESSAGES, type MessageType } from './catalogue.js';

const ACCOUNT = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b00';
const PAYMENT = '1d6f3c0a-94b7-5c2e-8f13-6a5b0e7d4c21';
const ENROLLMENT = '5e9b7a14-c0d3-5f68-9a27-3b1e8d4c6f02';
const ARRANGEMENT = '6d1a8c53-2f7b-5e90-83c6-9b4e0d5a7f12';
const ADJUSTMENT = '2c9f4a71-8e0d-5b36-a4c7-1f5d9e3b6082';
const DISPUTE = '4b7e9d12-6a3c-5f08-b1d9-5e2c8a7f0d46';
const HOLD = 'c8a1e5d2-3f60-5b79-9e24-7d1c0b8f6a35';

const usd = (amount: string) => ({ amount, currency: 'USD' });
const about = (effectiveAt: string) => ({ accountId: ACCOUNT, effectiveAt });
const internet = (amount: string) => ({ billNumber: '2026-01-C-77', lineId: 'L1', amount: usd(amount) });
const phone = (amount: string) => ({ billNumber: '2026-01-C-77', lineId: 'L2', amount: usd(amount) });
const debit = {
  debitId: '1',
  amount: usd('47.57'),
  bills: [{ billNumber: '2026-02-C-77', amount: usd('47.57') }],
};
const paid = { sourceId: PAYMENT, sourceKind: 'payment' } as const;

/** For every type the data of one message, for documents and tests. The customer and the amounts are made up. */
const EXAMPLES: { readonly [Type in MessageType]: MessageData<Type> } = {
  'account.opened': {
    ...about('2025-12-28T09:30:00.000Z'),
    currency: 'USD',
    customerReference: 'C-77',
    payBillNumberEnding: '1244',
  },
  'account.pay-bill-number-changed': {
    ...about('2026-03-10T09:00:00.000Z'),
    payBillNumberEnding: '3513',
    formerEnding: '1244',
    because: 'new-number',
    reason: 'number-misused',
  },
  'account.transferred': {
    ...about('2026-06-30T16:00:00.000Z'),
    transferId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b09',
    successorId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b0a',
    kind: 'merger',
    reason: 'duplicate-account',
  },
  'credit.transferred': {
    ...about('2026-06-30T16:00:00.000Z'),
    transferId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b09',
    successorId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b0a',
    amount: usd('2.43'),
    taken: [{ sourceId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01', sourceKind: 'payment', amount: usd('2.43') }],
    reason: 'duplicate-account',
  },
  'account.closed': { ...about('2026-06-30T16:00:00.000Z'), reason: 'moved-away' },
  'bill.issued': {
    ...about('2026-01-05T00:00:00.000Z'),
    billNumber: '2026-01-C-77',
    issuedOn: '2026-01-05',
    dueOn: '2026-01-25',
    period: { from: '2025-12-05', to: '2026-01-04' },
    total: usd('47.57'),
    lines: [
      {
        lineId: 'L1',
        service: 'internet',
        kind: 'recurring',
        description: 'Fibre 100',
        net: usd('43.48'),
        taxes: [{ jurisdiction: 'US-NY', amount: usd('3.15') }],
        total: usd('46.63'),
      },
      {
        lineId: 'L2',
        service: 'phone',
        kind: 'usage',
        description: '47 minutes to mobile phones',
        net: usd('0.94'),
        taxes: [],
        total: usd('0.94'),
      },
    ],
  },
  'payment.applied': {
    ...about('2026-01-15T12:00:00.000Z'),
    paymentId: PAYMENT,
    confirmationNumber: '7K3MQ9TXW4P2',
    amount: usd('50.00'),
    channel: 'online',
    method: { kind: 'card', token: 'tok_3fz8' },
    allocations: [internet('46.63'), phone('0.94')],
    unapplied: usd('2.43'),
  },
  'payment.failed': {
    ...about('2026-01-15T11:58:41.000Z'),
    attemptId: '5e2b7f90-c1d4-5a86-b3e7-2f9c4d0a1b68',
    amount: usd('50.00'),
    channel: 'online',
    method: { kind: 'card', token: 'tok_9qd1' },
    declineCode: 'insufficient_funds',
  },
  'payment.unapplied': {
    ...about('2026-01-16T10:00:00.000Z'),
    paymentId: PAYMENT,
    amount: usd('47.57'),
    released: [internet('46.63'), phone('0.94')],
    reason: 'wrong-bill',
  },
  'payment.returned': {
    ...about('2026-01-20T00:00:00.000Z'),
    paymentId: PAYMENT,
    amount: usd('50.00'),
    returnCode: 'R01',
    reason: 'insufficient-funds',
    released: [internet('46.63'), phone('0.94')],
    unappliedRemoved: usd('2.43'),
  },
  'payment.reinstated': {
    ...about('2026-03-02T00:00:00.000Z'),
    paymentId: PAYMENT,
    amount: usd('50.00'),
    reason: 'chargeback-won',
    allocations: [internet('46.63'), phone('0.94')],
    unapplied: usd('2.43'),
  },
  'payment.refunded': {
    ...about('2026-01-18T14:20:00.000Z'),
    paymentId: PAYMENT,
    refundId: '9a4c6e18-7b2d-5f03-8c51-e0d3b7a9f246',
    amount: usd('2.43'),
    reason: 'overpaid',
  },
  'payments.held': { ...about('2026-01-21T08:15:00.000Z'), holdId: HOLD, reason: 'card-testing' },
  'payments.released': { ...about('2026-01-22T09:00:00.000Z'), holdId: HOLD, reason: 'cleared' },
  'charge.reversed': {
    ...about('2026-01-19T00:00:00.000Z'),
    reversalId: 'b7d05a3e-6c91-5e48-a2f0-4c8e1d9b7350',
    billNumber: '2026-01-C-77',
    lineId: 'L1',
    service: 'internet',
    amount: usd('10.73'),
    net: usd('10.00'),
    taxes: [{ jurisdiction: 'US-NY', amount: usd('0.73') }],
    released: [{ ...internet('10.73'), ...paid }],
    reason: 'billed-in-error',
  },
  'late-fee.assessed': {
    ...about('2026-02-02T00:00:00.000Z'),
    billNumber: '2026-01-C-77',
    lineId: 'late-fee',
    amount: usd('0.59'),
    overdue: usd('47.57'),
    policy: 'us-2020-01',
  },
  'dunning.step-taken': {
    ...about('2026-02-14T00:00:00.000Z'),
    step: 'final-notice',
    kind: 'final-notice',
    billNumber: '2026-01-C-77',
    dueOn: '2026-01-25',
    amount: usd('48.16'),
    suspendsFrom: '2026-02-26',
    policy: 'us-2020-01',
  },
  'service.suspended': {
    ...about('2026-02-26T00:00:00.000Z'),
    reason: 'not-paid',
    amount: usd('48.16'),
    policy: 'us-2020-01',
  },
  'service.restored': { ...about('2026-03-01T00:00:00.000Z'), reason: 'paid', policy: 'us-2020-01' },
  'debt.written-off': {
    ...about('2026-06-01T00:00:00.000Z'),
    writeOffId: '4c6e189a-2d7b-5a03-8c51-f246e0d3b7a9',
    amount: usd('47.57'),
    lines: [internet('46.63'), phone('0.94')],
    reason: 'not-paid',
    policy: 'us-2020-01',
  },
  'debt.reinstated': {
    ...about('2026-08-14T15:30:00.000Z'),
    amount: usd('46.63'),
    lines: [internet('46.63')],
    reason: 'paid',
    paymentId: PAYMENT,
  },
  'credit.issued': {
    ...about('2026-01-12T00:00:00.000Z'),
    creditId: 'e3f9b1c7-0d58-5a24-9b6e-8a7c2f4d1e03',
    amount: usd('5.00'),
    reason: 'service-outage',
    allocations: [internet('5.00')],
    unapplied: usd('0.00'),
  },
  'credit.applied': {
    ...about('2026-02-05T00:00:00.000Z'),
    amount: usd('2.43'),
    allocations: [{ billNumber: '2026-02-C-77', lineId: 'L1', amount: usd('2.43'), ...paid }],
  },
  'autopay.enrolled': {
    ...about('2026-01-08T17:50:00.000Z'),
    enrollmentId: ENROLLMENT,
    method: { kind: 'bank-account', lastFour: '6789' },
    daysBeforeDue: 0,
    agreedAt: '2026-01-08T17:49:00.000Z',
    wording: 'autopay-2026-01',
  },
  'autopay.cancelled': {
    ...about('2026-03-02T10:00:00.000Z'),
    enrollmentId: ENROLLMENT,
    reason: 'customer-asked',
  },
  'autopay.stopped': { ...about('2026-02-24T06:00:00.000Z'), enrollmentId: ENROLLMENT, code: 'R02' },
  'autopay.suspended': { ...about('2026-02-24T06:00:00.000Z'), enrollmentId: ENROLLMENT, code: 'R08' },
  'autopay.resumed': {
    ...about('2026-02-26T11:30:00.000Z'),
    enrollmentId: ENROLLMENT,
    reason: 'customer-called',
  },
  'autopay.card-expiring': {
    ...about('2026-02-16T06:00:00.000Z'),
    enrollmentId: ENROLLMENT,
    expires: '2026-03',
    lastFour: '4242',
  },
  'autopay.debit-announced': {
    ...about('2026-02-02T06:00:00.000Z'),
    ...debit,
    enrollmentId: ENROLLMENT,
    payOn: '2026-02-20',
    method: { kind: 'bank-account', lastFour: '6789' },
    noticeRequired: true,
    noticeBecause: 'first-debit',
  },
  'autopay.debit-presented': {
    ...about('2026-02-20T06:00:00.000Z'),
    ...debit,
    enrollmentId: ENROLLMENT,
    paymentId: '2f6d8b30-4a19-5c7e-b8d2-91e3f7a05c64',
    presentment: 1,
  },
  'autopay.debit-rescheduled': {
    ...about('2026-02-24T06:00:00.000Z'),
    ...debit,
    code: 'R01',
    payOn: '2026-03-02',
  },
  'autopay.debit-dropped': {
    ...about('2026-03-16T06:00:00.000Z'),
    ...debit,
    reason: 'presentments-used-up',
    code: 'R01',
  },
  'dispute.opened': {
    ...about('2026-01-22T15:05:00.000Z'),
    disputeId: DISPUTE,
    subject: { kind: 'charge', billNumber: '2026-01-C-77', lineId: 'L2' },
    amount: usd('0.94'),
    shares: [phone('0.94')],
    reason: 'calls-not-made',
  },
  'dispute.resolved': {
    ...about('2026-01-29T10:30:00.000Z'),
    disputeId: DISPUTE,
    outcome: 'company',
    granted: usd('0.00'),
    released: [phone('0.94')],
    payableBy: '2026-02-08',
    reason: 'calls-confirmed',
  },
  'adjustment.proposed': {
    ...about('2026-01-23T09:40:00.000Z'),
    adjustmentId: ADJUSTMENT,
    kind: 'charge-reversal',
    billNumber: '2026-01-C-77',
    lineId: 'L1',
    amount: usd('10.73'),
    reason: 'outage',
  },
  'adjustment.approved': { ...about('2026-01-23T11:10:00.000Z'), adjustmentId: ADJUSTMENT, approval: 'second-person' },
  'adjustment.refused': { ...about('2026-01-23T11:10:00.000Z'), adjustmentId: ADJUSTMENT, reason: 'no-outage-found' },
  'arrangement.agreed': {
    ...about('2026-02-01T13:20:00.000Z'),
    arrangementId: ARRANGEMENT,
    amount: usd('47.57'),
    bills: [{ billNumber: '2026-01-C-77', amount: usd('47.57') }],
    instalments: [
      { dueOn: '2026-02-15', amount: usd('24.00') },
      { dueOn: '2026-03-15', amount: usd('23.57') },
    ],
    graceDays: 5,
  },
  'instalment.kept': {
    ...about('2026-02-16T04:00:00.000Z'),
    arrangementId: ARRANGEMENT,
    number: 1,
    dueOn: '2026-02-15',
    paid: usd('24.00'),
  },
  'arrangement.broken': {
    ...about('2026-03-21T04:00:00.000Z'),
    arrangementId: ARRANGEMENT,
    number: 2,
    dueOn: '2026-03-15',
    missing: usd('23.57'),
  },
  'arrangement.completed': { ...about('2026-03-16T04:00:00.000Z'), arrangementId: ARRANGEMENT },
  'arrangement.cancelled': {
    ...about('2026-02-20T10:00:00.000Z'),
    arrangementId: ARRANGEMENT,
    reason: 'agreed-anew',
  },
  'contact.changed': {
    ...about('2026-01-08T17:45:00.000Z'),
    contact: {
      name: 'v1.q2Zr1cJmT0c1b0p3Wm9vbHU5c2VhbGVkLW5hbWU',
      email: 'v1.8sXk4vYd2Lw6Qe0ac2VhbGVkLWUtbWFpbC1hZGRyZXNz',
    },
    changed: ['email'],
  },
  'bill-delivery.changed': { ...about('2026-01-08T17:50:00.000Z'), paperless: true },
  'notification-preferences.changed': {
    ...about('2026-01-08T17:46:00.000Z'),
    locale: 'en-US',
    timeZone: 'America/New_York',
    channels: { 'payment-confirmation': ['email', 'sms'], 'bill-ready': ['email'] },
    quietHours: { from: '22:00', to: '07:00' },
  },
};

/** One message of a type, as if it had come out of the log of the example's account. */
export function exampleMessage(type: MessageType): Message {
  const place = Object.keys(MESSAGES).indexOf(type);
  return {
    id: `0f8fad5b-d9cb-869f-a165-70867728${(0x950e + place).toString(16)}`,
    type,
    version: MESSAGES[type].version,
    key: ACCOUNT,
    sequence: BigInt(place),
    position: 48_213n + 907n * BigInt(place),
    time: EXAMPLES[type].effectiveAt.replace('.000Z', '.482Z'),
    correlationId: 'call-9001',
    causationId: 'request-1',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data: EXAMPLES[type],
  } as Message;
}
