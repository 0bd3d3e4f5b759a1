export { Rejected } from './rejected.js';
export { defineCommand, type CommandContext, type CommandDefinition, type Decider } from './decider.js';
export { type DomainEvent } from './domain-event.js';
export { eventRegistry, UnknownEvent, type EventOf } from './event-registry.js';
export { type CommandMetadata, type StoredEvent } from './metadata.js';
export { connectEventStore, EventStore, type SubscriptionMessage } from './event-store.js';
export { EventStoreUnavailable, WrongRevision } from './event-store-errors.js';
export { AheadOfLog, LOG_MARKS_DDL, type LogMark, logMarks, markEvent, requireSameLog } from './ahead-of-log.js';
export { type RawEvent } from './event-store-wire.js';
export { brokenLink, GENESIS_HASH, storedLink } from './hash-chain.js';
export { appendFacts, endOf, type Fact, type StreamEnd } from './facts.js';
export { CommandHandling, CommandIdReused, type CommandResult, type Submitted } from './command-handling.js';
export { codeFingerprint } from './projections/code-fingerprint.js';
export {
  type AnyProjection,
  type Projection,
  type ProjectionTable,
  type Recorded,
  recorded,
} from './projections/projection.js';
export { tellOfJob } from './projections/jobs.js';
export { ProjectionRunner } from './projections/projection-runner.js';
export { shownStandings } from './projections/projection-standings.js';
export { Projections } from './projections/projections.js';
export { install } from './projections/versions.js';
export { asOnlyRunner } from './only-runner.js';
export { ReadBarrier, ReadModelBehind } from './projections/read-barrier.js';
