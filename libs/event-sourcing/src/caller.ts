import { AsyncContext } from '@nestjs/cqrs';
import { type CommandMetadata } from './metadata.js';

/** Who sends a command and why, as the context that @nestjs/cqrs carries along with it. */
export class Caller extends AsyncContext {
  constructor(readonly metadata: CommandMetadata) {
    super();
  }

  /** The caller a command was sent by. */
  static behind(command: object): Caller {
    const context = AsyncContext.of(command);
    if (!(context instanceof Caller)) throw new Error(`${command.constructor.name} was dispatched without its caller`);
    return context;
  }
}
