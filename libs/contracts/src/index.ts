export { type PublicMessage } from './message.js';
export { isMessageType, type Message, type MessageData, MESSAGES, type MessageType } from './catalogue.js';
export { TOPICS } from './topics.js';
export { fromWire, schemaUri, toWire, Unreadable, type WireRecord } from './wire.js';
