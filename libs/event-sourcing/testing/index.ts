export { fold, given } from './given.js';
export { commandMetadata } from './command-metadata.js';
