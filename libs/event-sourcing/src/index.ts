export { Rejected } from './rejected.js';
export {
  defineCommand,
  type CommandContext,
  type CommandDefinition,
  type Decider,
  type DomainEvent,
} from './decider.js';
export {
  eventRegistry,
  UnknownEvent,
  type EventRegistry,
  type EventOf,
  type EventTypeDefinition,
} from './event-registry.js';
