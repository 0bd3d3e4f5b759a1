import { type Message, MESSAGES } from '#libs/contracts';
import { type StoredEvent } from '#libs/event-sourcing';
import { accountsMessage } from './accounts/accounts.messages.js';
import { isAutopayEvent } from './autopay/autopay.js';
import { autopayMessage } from './autopay/autopay.messages.js';
import { adjustmentsMessage } from './adjustments/adjustments.messages.js';
import { arrangementsMessage } from './arrangements/arrangements.messages.js';
import { type AccountEvent, accountEvents } from './billing/account-events.js';
import { billingMessage } from './billing/billing.messages.js';
import { collectionsMessage } from './collections/collections.messages.js';
import { contactsMessage } from './contacts/contacts.messages.js';
import { disputesMessage } from './disputes/disputes.messages.js';
import { type About, type MessageContent } from './message-content.js';

const CATEGORY = 'account-';

/**
 * The public message of an event of an account's stream: every event is exactly one. It is made of the event's current
 * shape, whatever version it was stored in, and is not checked against its schema again: that it has it is what the specs
 * show for every event, and the relay has hundreds of thousands a second to map.
 * @throws UnknownEvent for a type or version this build does not know.
 */
export function publicMessage(stored: StoredEvent): Message {
  const { id, stream, revision, position, metadata } = stored;
  const key = stream.slice(CATEGORY.length);
  const event = accountEvents.read(stored.type, metadata.schemaVersion, stored.data);
  const { type, data } = contentOf(event, { accountId: key, effectiveAt: event.data.effectiveAt });
  return {
    id,
    type,
    version: MESSAGES[type].version,
    key,
    sequence: revision,
    position,
    time: metadata.recordedAt,
    correlationId: metadata.correlationId,
    causationId: metadata.causationId,
    data,
    ...(metadata.traceparent !== undefined && { traceparent: metadata.traceparent }),
  } as Message;
}

/** Each feature speaks for its own events; the compiler sees to it that none is left without a voice. */
function contentOf(event: AccountEvent, about: About): MessageContent {
  if (isAutopayEvent(event)) return autopayMessage(event, about);
  switch (event.type) {
    case 'AccountOpened':
    case 'PayBillNumberChanged':
    case 'AccountTransferred':
    case 'AccountClosed':
      return accountsMessage(event, about);
    case 'ContactChanged':
    case 'NotificationPreferencesChanged':
    case 'BillDeliveryChanged':
      return contactsMessage(event, about);
    case 'LateFeeAssessed':
    case 'DunningStepTaken':
    case 'ServiceSuspended':
    case 'ServiceRestored':
    case 'DebtWrittenOff':
    case 'DebtReinstated':
      return collectionsMessage(event, about);
    case 'DisputeOpened':
    case 'DisputeResolved':
      return disputesMessage(event, about);
    case 'AdjustmentProposed':
    case 'AdjustmentApproved':
    case 'AdjustmentRefused':
      return adjustmentsMessage(event, about);
    case 'ArrangementAgreed':
    case 'InstalmentKept':
    case 'ArrangementBroken':
    case 'ArrangementCompleted':
    case 'ArrangementCancelled':
      return arrangementsMessage(event, about);
    default:
      return billingMessage(event, about);
  }
}
