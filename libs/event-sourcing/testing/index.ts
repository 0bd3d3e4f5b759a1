export { dyingStore } from './dying-store.js';
export { fold, given } from './given.js';
export { commandMetadata } from './command-metadata.js';
export { goldenEvents } from './golden-events.js';
