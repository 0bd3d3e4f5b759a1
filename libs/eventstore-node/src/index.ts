export { startEventStoreNode, type EventStoreNode, type EventStoreNodeOptions } from './node.js';
export { spawnEventStoreNode, type SpawnedEventStoreNode } from './spawn.js';
