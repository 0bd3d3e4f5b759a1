export { type MessageHandler } from './consuming/message-handler.js';
export { type Arrival, arrived } from './consuming/arrival.js';
export { Consumer } from './consuming/consumer.js';
export { type MessageLog } from './consuming/follow-log.js';
export { Following, type MessageSource } from './consuming/following.js';
export { ParkedMessages } from './consuming/parked-messages.js';
export { Relay, type RelayOptions, RelaySuperseded } from './relay/relay.js';
export { readProgress } from './relay/progress.js';
export { verifyRelay, type Verification } from './relay/verify.js';
