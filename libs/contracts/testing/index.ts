export { anyDataOf, anyMessage } from './any-message.js';
export { exampleMessage } from '../src/examples.js';
