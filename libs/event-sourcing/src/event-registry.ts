import { type z } from 'zod';
import { type DomainEvent } from './domain-event.js';

/** Turns the data of one stored version into the next; pure. */
type Upcaster = (data: Record<string, unknown>) => Record<string, unknown>;

/**
 * One stored event type: the schema of its current version and, by old version number, the step that lifts data of that
 * version to the next one. A change is additive or is a new type (docs/adr); every version has a golden file.
 */
export interface EventTypeDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly version: number;
  readonly schema: Schema;
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
}

/** The union of the events a table of definitions describes. */
type EventsOf<Definitions extends Record<string, EventTypeDefinition>> = {
  [Type in keyof Definitions & string]: DomainEvent<Type, z.output<Definitions[Type]['schema']> & object>;
}[keyof Definitions & string];

/** Raised when the log holds an event this build does not understand: loud, never skipped. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
}

/** The event types of one decider: checks what is written, lifts what is read to the current version. */
export interface EventRegistry<Event extends DomainEvent> {
  readonly definitions: Readonly<Record<string, EventTypeDefinition>>;
  /** The version new events of this type are stored with. */
  versionOf(type: Event['type']): number;
  /** Throws a ZodError when the event does not have the stored shape: a programming error caught before it is for ever. */
  check(event: Event): void;
  /** A stored event in its current shape. Throws {@link UnknownEvent} for a type or version this build does not know. */
  read(type: string, version: number, data: unknown): Event;
}

/** The union of a registry's events. */
export type EventOf<Registry> = Registry extends EventRegistry<infer Event> ? Event : never;

export function eventRegistry<Definitions extends Record<string, EventTypeDefinition>>(
  definitions: Definitions,
): EventRegistry<EventsOf<Definitions>> {
  const definitionOf = (type: string): EventTypeDefinition => {
    const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
    if (!definition) throw new UnknownEvent(`event type ${type} is not known to this build`);
    return definition;
  };
  return {
    definitions,
    versionOf: (type) => definitionOf(type).version,
    check: (event) => {
      definitionOf(event.type).schema.parse(event.data);
    },
    read(type, version, data) {
      const definition = definitionOf(type);
      if (version > definition.version) {
        throw new UnknownEvent(`event ${type} has version ${version}; this build knows up to ${definition.version}`);
      }
      let current = data as Record<string, unknown>;
      for (let from = version; from < definition.version; from++) {
        const lift = definition.upcasters?.[from];
        if (!lift) throw new UnknownEvent(`event ${type} version ${from} has no upcaster`);
        current = lift(current);
      }
      return { type, data: current } as EventsOf<Definitions>;
    },
  };
}
