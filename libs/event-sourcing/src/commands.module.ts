import { type DynamicModule, Inject, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule, type ICommandHandler } from '@nestjs/cqrs';
import { type z } from 'zod';
import { Caller } from './caller.js';
import { CommandHandling, type CommandResult } from './command-handling.js';
import { type CommandDefinition } from './decider.js';
import { type DomainEvent } from './domain-event.js';
import { type CommandMetadata } from './metadata.js';

type AnyDefinition = CommandDefinition<string, z.ZodType, never, DomainEvent>;

/** What travels over the command bus: the definition says which decider and decision, the id which stream. */
class StreamCommand extends Command<CommandResult> {
  constructor(
    readonly id: string,
    readonly data: object,
  ) {
    super();
  }
}

/** The bus routes by class, so every definition gets a class of its own; nobody has to write it. */
const classes = new Map<unknown, Type<StreamCommand>>();

function classOf(definition: { readonly type: string }): Type<StreamCommand> {
  let commandClass = classes.get(definition);
  if (!commandClass) {
    commandClass = { [definition.type]: class extends StreamCommand {} }[definition.type]!;
    classes.set(definition, commandClass);
  }
  return commandClass;
}

function handlerOf(definition: AnyDefinition): Provider {
  const commandClass = classOf(definition);
  class Handler implements ICommandHandler<StreamCommand> {
    constructor(private readonly handling: CommandHandling) {}

    execute(command: StreamCommand): Promise<CommandResult> {
      const { metadata } = Caller.behind(command);
      return this.handling.handle(command.id, { definition, data: command.data, metadata });
    }
  }
  Inject(CommandHandling)(Handler, undefined, 0);
  Injectable()(Handler);
  CommandHandler(commandClass)(Handler);
  Object.defineProperty(Handler, 'name', { value: `${definition.type}Handler` });
  return Handler;
}

/** Sends typed commands over the @nestjs/cqrs command bus. */
@Injectable()
export class Commands {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  /**
   * Carries out a command on the entity `id`. The body has been through the command's schema.
   * @throws Rejected | CommandIdReused | EventStoreUnavailable
   */
  send<Type extends string, Schema extends z.ZodType, State, Event extends DomainEvent>(
    definition: CommandDefinition<Type, Schema, State, Event>,
    id: string,
    data: z.output<Schema> & object,
    metadata: CommandMetadata,
  ): Promise<CommandResult<Event>> {
    const command = new (classOf(definition))(id, data);
    new Caller(metadata).attachTo(command);
    return this.bus.execute<StreamCommand, CommandResult<Event>>(command);
  }
}

/**
 * Registers commands with the bus: `CommandsModule.register([IssueBill, ApplyPayment, …])`. {@link CommandHandling} is
 * provided by a global module of the process, next to its connection to the event store.
 */
@Module({})
export class CommandsModule {
  static register(definitions: readonly unknown[]): DynamicModule {
    return {
      module: CommandsModule,
      imports: [CqrsModule.forRoot()],
      providers: [Commands, ...definitions.map((definition) => handlerOf(definition as AnyDefinition))],
      exports: [Commands],
    };
  }
}
