export { type MessageHandler } from './consuming/message-handler.js';
export { type Arrival, arrived } from './consuming/arrival.js';
export { Consumer } from './consuming/consumer.js';
export { followLog, type MessageLog } from './consuming/follow-log.js';
export { followTopic } from './consuming/follow-topic.js';
export { type ParkedMessage, ParkedMessages } from './consuming/parked-messages.js';
export { Relay, type RelayOptions, type RelayStatus, RelaySuperseded } from './relay/relay.js';
export { readProgress } from './relay/progress.js';
export { verifyRelay, type Verification } from './relay/verify.js';
