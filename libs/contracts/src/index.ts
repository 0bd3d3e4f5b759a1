export { type Message, type MessageData, MESSAGES, type MessageType } from './catalogue.js';
export { TOPICS } from './topics.js';
export { fromWire, SOURCE, toWire, Unreadable, type WireRecord } from './wire.js';
export { type JsonSchema, publishedSchema } from './schemas.js';
export { asyncApi } from './asyncapi.js';
export { messageCatalogue } from './message-catalogue.js';
export { breachesOf, readReleased, release, releasedFolder, unreleased } from './released.js';
