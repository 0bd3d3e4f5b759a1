import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent } from '../message-content.js';

type ContactEvent = Extract<
  AccountEvent,
  { type: 'ContactChanged' | 'NotificationPreferencesChanged' | 'BillDeliveryChanged' }
>;

/** The messages about how a customer is reached. A contact travels sealed, as it is stored. */
export function contactsMessage(event: ContactEvent, { accountId, effectiveAt }: About): MessageContent {
  switch (event.type) {
    case 'ContactChanged': {
      const { contact, changed, first } = event.data;
      return { type: 'contact.changed', data: { accountId, effectiveAt, contact, changed, ...(first && { first }) } };
    }
    case 'BillDeliveryChanged':
      return { type: 'bill-delivery.changed', data: { accountId, effectiveAt, paperless: event.data.paperless } };
    case 'NotificationPreferencesChanged': {
      const { locale, timeZone, channels, quietHours } = event.data;
      const quiet = quietHours === undefined ? undefined : { quietHours };
      return {
        type: 'notification-preferences.changed',
        data: { accountId, effectiveAt, locale, timeZone, channels, ...quiet },
      };
    }
  }
}
