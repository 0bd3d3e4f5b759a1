import { type z } from 'zod';
import {
  type CommandDefinition,
  type CommandHandling,
  type CommandMetadata,
  type CommandResult,
  type DomainEvent,
} from '#libs/event-sourcing';

/** Something that somebody does: one command, with all that is in its body. */
export interface Act {
  /** What it is about: of all that is done for one reason in a moment, no two have the same. */
  readonly about: string;
  readonly actor: string;
  /** The command's name. */
  readonly type: string;
  /** Carries it out. @throws Rejected | CommandIdReused | EventStoreUnavailable */
  submit(handling: CommandHandling, metadata: CommandMetadata): Promise<CommandResult>;
}

/** @param id of the entity that the command is for; @param body as a request has it: its schema reads it here */
export function act<Schema extends z.ZodType, State, Event extends DomainEvent>(
  definition: CommandDefinition<string, Schema, State, Event>,
  id: string,
  body: z.input<Schema>,
  { about = definition.type, actor = 'customer' }: { readonly about?: string; readonly actor?: string } = {},
): Act {
  const data = definition.schema.parse(body) as object;
  return {
    about,
    actor,
    type: definition.type,
    submit: (handling, metadata) => handling.handle<State, Event>(id, { definition, data, metadata }),
  };
}
