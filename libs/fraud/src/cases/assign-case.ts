import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { type CaseEvent } from './case-events.js';
import { fraudCase, requireUndecided } from './fraud-case.js';

/** Gives a case to somebody to look into; giving it to the same person again changes nothing. */
export const AssignCase = defineCommand({
  type: 'AssignCase',
  decider: fraudCase,
  schema: z.strictObject({
    /** As X-Actor: stored for ever, so no name and no address. */
    assignee: z
      .string('must be the opaque id of a person or team')
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/,
        'must be an opaque id: 1 to 128 letters, figures and . _ : / -, no name and no address',
      ),
  }),
  decide({ assignee }, state, { at }): CaseEvent[] {
    const { accountId, assignee: before } = requireUndecided(state);
    return before === assignee ? [] : [{ type: 'CaseAssigned', data: { accountId, assignee, effectiveAt: at } }];
  },
});
