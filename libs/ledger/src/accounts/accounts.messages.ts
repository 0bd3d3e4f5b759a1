import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent } from '../message-content.js';

type LifeEvent = Extract<
  AccountEvent,
  { type: 'AccountOpened' | 'PayBillNumberChanged' | 'AccountTransferred' | 'AccountClosed' }
>;

/** The messages of an account's life. */
export function accountsMessage(event: LifeEvent, { accountId, effectiveAt }: About): MessageContent {
  switch (event.type) {
    case 'AccountOpened': {
      const { currency, customerReference, payBillNumber } = event.data;
      const payBillNumberEnding = endingOf(payBillNumber);
      const reference = customerReference === undefined ? undefined : { customerReference };
      return { type: 'account.opened', data: { accountId, effectiveAt, currency, payBillNumberEnding, ...reference } };
    }
    case 'PayBillNumberChanged': {
      const { payBillNumber, former, because, reason } = event.data;
      const endings = { payBillNumberEnding: endingOf(payBillNumber), formerEnding: endingOf(former) };
      return { type: 'account.pay-bill-number-changed', data: { accountId, effectiveAt, ...endings, because, reason } };
    }
    case 'AccountTransferred': {
      const { transferId, successorId, kind, reason } = event.data;
      return { type: 'account.transferred', data: { accountId, effectiveAt, transferId, successorId, kind, reason } };
    }
    case 'AccountClosed':
      return { type: 'account.closed', data: { accountId, effectiveAt, reason: event.data.reason } };
  }
}

// Knowing a pay bill number allows paying (ID5): its ending is enough to recognise it by.
function endingOf(payBillNumber: string): string {
  return payBillNumber.slice(-4);
}
