import {
  type CommandContext,
  type CommandDefinition,
  type Decider,
  type DomainEvent,
  Rejected,
} from '#libs/event-sourcing';
import { type z } from 'zod';

const DEFAULT_CONTEXT: CommandContext = {
  id: '00000000-0000-4000-8000-00000000000a',
  commandId: '00000000-0000-4000-8000-00000000000c',
  at: '2026-01-15T12:00:00.000Z',
};

/** Folds events into the state of a decider. */
export function fold<State, Event extends DomainEvent>(
  decider: Decider<State, Event>,
  events: readonly Event[],
): State {
  return events.reduce((state, event) => decider.evolve(state, event), decider.initialState);
}

/**
 * `given(account, past).when(ApplyPayment, body).then(events)` or `.thenRejected(code)`. The body goes through the
 * command's schema, as it does in the API, and each event through the registry, as it does before an append.
 */
export function given<State, Event extends DomainEvent>(decider: Decider<State, Event>, past: readonly Event[] = []) {
  return {
    when<Type extends string, Schema extends z.ZodType>(
      command: CommandDefinition<Type, Schema, State, Event>,
      body: z.input<Schema>,
      context: Partial<CommandContext> = {},
    ) {
      const state = fold(decider, past);
      const run = () => {
        const events = command.decide(command.schema.parse(body), state, { ...DEFAULT_CONTEXT, ...context });
        for (const event of events) decider.events.check(event);
        return events;
      };
      return {
        /** The events themselves, for assertions on a part of them. */
        events: run,
        /** The state after the decision. */
        state: () => run().reduce((next, event) => decider.evolve(next, event), state),
        then: (expected: readonly Event[]) => {
          expect(run()).toEqual(expected);
        },
        thenNothing: () => {
          expect(run()).toEqual([]);
        },
        thenRejected: (code: string, field?: string) => {
          const refusal = catchRejected(run);
          expect(refusal).toMatchObject(field === undefined ? { code } : { code, field });
        },
      };
    },
  };
}

function catchRejected(run: () => unknown): Rejected {
  try {
    run();
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
  throw new Error('the command was accepted; a rejection was expected');
}
