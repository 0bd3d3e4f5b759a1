import { type z } from 'zod';
import { type PublicMessage } from './message.js';
import { accountMessages } from './messages/account-messages.js';
import { autopayMessages } from './messages/autopay-messages.js';
import { billingMessages } from './messages/billing-messages.js';
import { collectionsMessages } from './messages/collections-messages.js';
import { contactMessages } from './messages/contact-messages.js';
import { customerServiceMessages } from './messages/customer-service-messages.js';
import { type Definition } from './messages/shapes.js';

/*
 * The public messages. Others build on these shapes: a change is an added property with a higher version, or a new type;
 * docs/adr/0016 says which changes are safe, and `paybill contracts check` refuses the others. Readers ignore properties
 * they do not know. No personal data in the clear, no card number, no whole pay bill number.
 *
 * A property that is added must be `.optional()`, or have a `.default()` when all new messages will have it: messages of
 * the versions before it stay in the topic, and `fromWire` reads them with the schema that stands here.
 */

/** Every type of message with the version it is published in. */
export const MESSAGES = {
  ...accountMessages,
  ...billingMessages,
  ...collectionsMessages,
  ...autopayMessages,
  ...customerServiceMessages,
  ...contactMessages,
} as const satisfies Record<string, Definition>;

export type MessageType = keyof typeof MESSAGES;

/** The data of a type of message. */
export type MessageData<Type extends MessageType> = z.output<(typeof MESSAGES)[Type]['schema']>;

/** Any public message, told apart by its type. */
export type Message = { [Type in MessageType]: PublicMessage<Type, MessageData<Type>> }[MessageType];

export function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(MESSAGES, type);
}
