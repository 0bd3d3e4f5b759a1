export { startEventStoreNode, type EventStoreNode, type EventStoreNodeOptions } from './node.js';
export { type FiledEvent, LogFile } from './log-file.js';
export { spawnEventStoreNode, type SpawnedEventStoreNode } from './spawn.js';
