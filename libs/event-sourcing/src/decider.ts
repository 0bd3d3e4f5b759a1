import { type z } from 'zod';
import { type DomainEvent } from './domain-event.js';
import { type EventRegistry } from './event-registry.js';

/**
 * What a decision may know besides the command and the state. Time and identity come in here, so that `decide` needs no
 * clock and no randomness and gives the same events for the same command again.
 */
export interface CommandContext {
  /** Entity id of the stream the command addresses (the stream is `<category>-<id>`). */
  readonly id: string;
  /** UUID of the command; ids of what the command creates are derived from it. */
  readonly commandId: string;
  /** When the command is being recorded, an ISO 8601 instant in UTC; never earlier than the stream's last event. */
  readonly at: string;
}

/**
 * One consistency boundary: how its state follows from its events. Pure.
 *
 * @see https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider Jérémie Chassaing's decider
 */
export interface Decider<State, Event extends DomainEvent> {
  /** Stream names are `<category>-<id>`. */
  readonly category: string;
  readonly events: EventRegistry<Event>;
  readonly initialState: State;
  evolve(state: State, event: Event): State;
}

/**
 * A command: its name, the shape of its body and the decision. `decide` returns the events to append (none when there
 * is nothing to do) or throws {@link Rejected}.
 */
export interface CommandDefinition<Type extends string, Schema extends z.ZodType, State, Event extends DomainEvent> {
  readonly type: Type;
  readonly decider: Decider<State, Event>;
  readonly schema: Schema;
  decide(data: z.output<Schema>, state: State, context: CommandContext): readonly Event[];
}

/** Ties a decision to its decider so that state and events are inferred. */
export function defineCommand<Type extends string, Schema extends z.ZodType, State, Event extends DomainEvent>(
  definition: CommandDefinition<Type, Schema, State, Event>,
): CommandDefinition<Type, Schema, State, Event> {
  return definition;
}
