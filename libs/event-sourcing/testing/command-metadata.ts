import { randomUUID } from 'node:crypto';
import { type CommandMetadata } from '#libs/event-sourcing';

/** Metadata of a command somebody sends in a test; give `commandId` to send the same one again. */
export function commandMetadata(commandId: string = randomUUID()): CommandMetadata {
  return { commandId, correlationId: commandId, causationId: commandId, actor: 'test' };
}
