import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent } from '../message-content.js';

type LifeEvent = Extract<AccountEvent, { type: 'AccountOpened' | 'AccountClosed' }>;

/** The messages of an account's life. */
export function accountsMessage(event: LifeEvent, { accountId, effectiveAt }: About): MessageContent {
  switch (event.type) {
    case 'AccountOpened': {
      const { currency, customerReference, payBillNumber } = event.data;
      // Knowing a pay bill number allows paying (ID5): its ending is enough to recognise it by.
      const payBillNumberEnding = payBillNumber.slice(-4);
      const reference = customerReference === undefined ? undefined : { customerReference };
      return { type: 'account.opened', data: { accountId, effectiveAt, currency, payBillNumberEnding, ...reference } };
    }
    case 'AccountClosed':
      return { type: 'account.closed', data: { accountId, effectiveAt, reason: event.data.reason } };
  }
}
