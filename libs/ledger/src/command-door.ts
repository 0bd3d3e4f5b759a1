import { Inject, Injectable } from '@nestjs/common';
import { v5 as uuidv5 } from 'uuid';
import { type z } from 'zod';
import { Commands } from '#http/event-sourcing';
import {
  type CommandDefinition,
  CommandIdReused,
  type CommandMetadata,
  type DomainEvent,
  Rejected,
} from '#libs/event-sourcing';
import { type Call, isUuid, Metrics } from '#libs/platform';
import { type Done } from './command-answers.js';

/** Namespace of the ids that are made from Idempotency-Keys. Never changes: retries are recognised by it. */
const NAMESPACE = 'b1f0c1a4-6f7e-5d53-9a3e-6b1f5a0f4c11';

/** How the controllers send commands: the caller's key becomes the command's id, and each outcome is counted. */
@Injectable()
export class CommandDoor {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /**
   * Carries out a command on an account, or on a stream beside it.
   * @param id of the stream
   * @param scope the resource the key belongs to: the same key on another resource is another command.
   */
  async send<Type extends string, Schema extends z.ZodType, State, Event extends DomainEvent>(
    definition: CommandDefinition<Type, Schema, State, Event>,
    id: string,
    data: z.output<Schema> & object,
    call: Call,
    scope = `${definition.decider.category}-${id}`,
  ): Promise<Done<Event>> {
    const metadata = metadataOf(call, scope);
    try {
      const result = await this.commands.send(definition, id, data, metadata);
      this.metrics.command(definition.type, result.repeated ? 'repeated' : 'accepted');
      if (result.repeated) call.markReplayed();
      return { ...result, commandId: metadata.commandId };
    } catch (error) {
      this.metrics.command(definition.type, outcomeOf(error));
      throw error;
    }
  }
}

/** Who asked and why, as the events will say, with the command's id derived from key and scope. */
export function metadataOf(call: Call, scope: string): CommandMetadata {
  const { actor, onBehalfOf, correlationId, traceparent } = call;
  const commandId = idFrom(scope, call.idempotencyKey);
  return {
    commandId,
    correlationId,
    // The request is where the chain of causes begins.
    causationId: correlationId,
    actor,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** The same id for the same key in the same scope, on every machine and every retry. */
export function idFrom(scope: string, key: string): string {
  return uuidv5(`${scope}\n${key}`, NAMESPACE);
}

/** The payment an address names; what is no UUID names none. */
export function paymentIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Rejected('PAYMENT_UNKNOWN', 'no payment with this id was asked for; check the id');
}

/** The account an address names. What is no UUID names no account, and is never made part of a stream's name. */
export function accountIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Rejected('ACCOUNT_UNKNOWN', 'no account with this id; open it first, or check the id');
}

function outcomeOf(error: unknown): string {
  if (error instanceof Rejected) return error.code;
  return error instanceof CommandIdReused ? 'IDEMPOTENCY_KEY_REUSED' : 'failed';
}
