export { type MessageHandler } from './message-handler.js';
