export { anyDataOf, anyMessage } from './any-message.js';
