import { type About, type MessageContent, moneyIn } from '../message-content.js';
import { type AutopayEvent } from './autopay.js';

/** The messages of autopay. Of a method others learn what its customer knows it by; of the consent, that there is one. */
export function autopayMessage(event: AutopayEvent, { accountId, effectiveAt }: About): MessageContent {
  switch (event.type) {
    case 'AutopayEnrolled': {
      const { enrollmentId, method, daysBeforeDue, consent, replaces } = event.data;
      const { agreedAt, wording } = consent;
      const terms = { method: shown(method), daysBeforeDue, agreedAt, wording };
      const data = { accountId, effectiveAt, enrollmentId, ...terms, ...(replaces !== undefined && { replaces }) };
      return { type: 'autopay.enrolled', data };
    }
    case 'AutopayCancelled':
    case 'AutopayResumed': {
      const { enrollmentId, reason } = event.data;
      const type = event.type === 'AutopayCancelled' ? 'autopay.cancelled' : 'autopay.resumed';
      return { type, data: { accountId, effectiveAt, enrollmentId, reason } };
    }
    case 'AutopayStopped':
    case 'AutopaySuspended': {
      const { enrollmentId, code } = event.data;
      const type = event.type === 'AutopayStopped' ? 'autopay.stopped' : 'autopay.suspended';
      return { type, data: { accountId, effectiveAt, enrollmentId, code } };
    }
    case 'AutopayCardExpiring': {
      const { enrollmentId, expires, lastFour } = event.data;
      const data = { accountId, effectiveAt, enrollmentId, expires, ...(lastFour !== undefined && { lastFour }) };
      return { type: 'autopay.card-expiring', data };
    }
    case 'AutopayDebitAnnounced': {
      const { enrollmentId, payOn, method, notice } = event.data;
      const { required: noticeRequired, because: noticeBecause } = notice;
      const when = { enrollmentId, payOn, method: shown(method), noticeRequired, noticeBecause };
      return { type: 'autopay.debit-announced', data: { accountId, effectiveAt, ...debitOf(event.data), ...when } };
    }
    case 'AutopayDebitPresented': {
      const { enrollmentId, paymentId, presentment } = event.data;
      const data = { accountId, effectiveAt, ...debitOf(event.data), enrollmentId, paymentId, presentment };
      return { type: 'autopay.debit-presented', data };
    }
    case 'AutopayDebitRescheduled': {
      const { code, payOn } = event.data;
      return {
        type: 'autopay.debit-rescheduled',
        data: { accountId, effectiveAt, ...debitOf(event.data), code, payOn },
      };
    }
    case 'AutopayDebitDropped': {
      const { reason, code } = event.data;
      const why = { reason, ...(code !== undefined && { code }) };
      return { type: 'autopay.debit-dropped', data: { accountId, effectiveAt, ...debitOf(event.data), ...why } };
    }
  }
}

type Debit = Extract<AutopayEvent, { type: 'AutopayDebitDropped' }>['data'];
type Shown = Extract<AutopayEvent, { type: 'AutopayDebitAnnounced' }>['data']['method'];

function debitOf({ debitId, amount, bills }: Pick<Debit, 'debitId' | 'amount' | 'bills'>) {
  const money = moneyIn(amount);
  return { debitId, amount, bills: bills.map(({ billNumber, amount: of }) => ({ billNumber, amount: money(of) })) };
}

function shown({ kind, lastFour, expires }: Shown): Shown {
  return { kind, ...(lastFour !== undefined && { lastFour }), ...(expires !== undefined && { expires }) };
}
