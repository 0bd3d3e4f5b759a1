export { Rejected } from './rejected.js';
export { defineCommand, type CommandContext, type CommandDefinition, type Decider } from './decider.js';
export { type DomainEvent } from './domain-event.js';
export {
  eventRegistry,
  UnknownEvent,
  type EventRegistry,
  type EventOf,
  type EventTypeDefinition,
} from './event-registry.js';
export { type CommandMetadata, type EventMetadata, type StoredEvent } from './metadata.js';
export { EventStore, EventStoreUnavailable, untilReachable } from './event-store.js';
export { brokenLink, GENESIS_HASH } from './hash-chain.js';
export {
  CommandHandling,
  CommandIdReused,
  type CommandHandlingOptions,
  type CommandResult,
  type Submitted,
} from './command-handling.js';
export { Commands, CommandsModule } from './commands.module.js';
export { recorded, type AnyProjection, type Projection, type Recorded } from './projection.js';
export { ProjectionRunner, ProjectionStopped, type RunnerOptions } from './projection-runner.js';
export { install, projectionPositions, type ProjectionPosition } from './checkpoints.js';
export { ReadBarrier, ReadModelBehind } from './read-barrier.js';
