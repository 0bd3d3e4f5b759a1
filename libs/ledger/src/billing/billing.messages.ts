import { type MessageData, type MessageType } from '#libs/contracts';
import { type About, type MessageContent, moneyIn } from '../message-content.js';
import { type MoneyJson } from '../money/money.js';
import { type AccountEvent } from './account-events.js';

type OfOthers = 'AccountOpened' | 'AccountClosed' | 'ContactChanged' | 'NotificationPreferencesChanged';
type BillingEvent = Exclude<AccountEvent, { type: OfOthers }>;
type Data<Type extends BillingEvent['type']> = Extract<BillingEvent, { type: Type }>['data'];

/** The messages of bills and of the money on them. Allocation policy and rounding are the ledger's own and stay in it. */
export function billingMessage(event: BillingEvent, about: About): MessageContent {
  switch (event.type) {
    case 'BillIssued':
      return { type: 'bill.issued', data: { ...about, ...bill(event.data) } };
    case 'PaymentApplied':
      return { type: 'payment.applied', data: { ...about, ...payment(event.data) } };
    case 'PaymentFailed': {
      const { attemptId, amount, channel, method, declineCode } = event.data;
      return { type: 'payment.failed', data: { ...about, attemptId, amount, channel, method, declineCode } };
    }
    case 'PaymentUnapplied': {
      const { paymentId, amount, released, reason } = event.data;
      return {
        type: 'payment.unapplied',
        data: { ...about, paymentId, amount, released: shares(released, amount), reason },
      };
    }
    case 'PaymentReturned':
      return { type: 'payment.returned', data: { ...about, ...returned(event.data) } };
    case 'PaymentRefunded': {
      const { paymentId, refundId, amount, reason } = event.data;
      return { type: 'payment.refunded', data: { ...about, paymentId, refundId, amount, reason } };
    }
    case 'PaymentsHeld':
      return { type: 'payments.held', data: { ...about, ...hold(event.data) } };
    case 'PaymentsReleased':
      return { type: 'payments.released', data: { ...about, ...hold(event.data) } };
    case 'ChargeReversed':
      return { type: 'charge.reversed', data: { ...about, ...reversal(event.data) } };
    case 'CreditIssued': {
      const { creditId, amount, reason, allocations, unapplied } = event.data;
      const laid = { allocations: shares(allocations, amount), unapplied: moneyIn(amount)(unapplied) };
      return { type: 'credit.issued', data: { ...about, creditId, amount, reason, ...laid } };
    }
    case 'CreditApplied': {
      const { amount, allocations } = event.data;
      return { type: 'credit.applied', data: { ...about, amount, allocations: sourced(allocations, amount) } };
    }
  }
}

/** The data of a message without what the data of all messages begin with. */
type Told<Type extends MessageType> = Omit<MessageData<Type>, keyof About>;

function bill({ billNumber, issuedOn, dueOn, period, total, lines }: Data<'BillIssued'>): Told<'bill.issued'> {
  const money = moneyIn(total);
  return {
    billNumber,
    issuedOn,
    dueOn,
    ...(period !== undefined && { period }),
    total,
    lines: lines.map((line) => ({
      lineId: line.lineId,
      service: line.service,
      kind: line.kind,
      description: line.description,
      net: money(line.net),
      taxes: taxes(line.taxes, total),
      total: money(line.total),
    })),
  };
}

function payment(data: Data<'PaymentApplied'>): Told<'payment.applied'> {
  const { paymentId, confirmationNumber, amount, channel, method, allocations, unapplied } = data;
  return {
    paymentId,
    confirmationNumber,
    amount,
    channel,
    method,
    allocations: shares(allocations, amount),
    unapplied: moneyIn(amount)(unapplied),
  };
}

function returned(data: Data<'PaymentReturned'>): Told<'payment.returned'> {
  const { paymentId, amount, returnCode, reason, released, unappliedRemoved, alreadyRefunded } = data;
  const money = moneyIn(amount);
  return {
    paymentId,
    amount,
    ...(returnCode !== undefined && { returnCode }),
    reason,
    released: shares(released, amount),
    unappliedRemoved: money(unappliedRemoved),
    ...(alreadyRefunded !== undefined && { alreadyRefunded: money(alreadyRefunded) }),
  };
}

function reversal(data: Data<'ChargeReversed'>): Told<'charge.reversed'> {
  const { reversalId, billNumber, lineId, service, amount, reason } = data;
  return {
    reversalId,
    billNumber,
    lineId,
    service,
    amount,
    net: moneyIn(amount)(data.net),
    taxes: taxes(data.taxes, amount),
    released: sourced(data.released, amount),
    reason,
  };
}

function hold({ holdId, reason }: Data<'PaymentsHeld'>): Told<'payments.held'> {
  return { holdId, reason };
}

type Share = Data<'PaymentApplied'>['allocations'][number];
type SourcedShare = Data<'CreditApplied'>['allocations'][number];

function shares(stored: readonly Share[], of: MoneyJson) {
  const money = moneyIn(of);
  return stored.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount: money(amount) }));
}

function sourced(stored: readonly SourcedShare[], of: MoneyJson) {
  const money = moneyIn(of);
  return stored.map(({ billNumber, lineId, amount, sourceId, sourceKind }) => ({
    billNumber,
    lineId,
    amount: money(amount),
    sourceId,
    sourceKind,
  }));
}

function taxes(stored: Data<'ChargeReversed'>['taxes'], of: MoneyJson) {
  const money = moneyIn(of);
  return stored.map(({ jurisdiction, amount }) => ({ jurisdiction, amount: money(amount) }));
}
