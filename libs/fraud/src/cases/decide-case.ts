import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { type CaseEvent } from './case-events.js';
import { fraudCase, requireUndecided } from './fraud-case.js';

/** Why a case was decided as it was. Stored for ever and shown to many, so a code and no free text. */
const Decision = z.strictObject({
  reason: z
    .string('must be a code such as "customer-confirmed"')
    .max(64, 'must have at most 64 characters')
    .regex(
      /^[a-z0-9]+(-[a-z0-9]+)*$/,
      'must be a code such as "customer-confirmed": lower-case letters, figures, hyphens',
    ),
});

/** It is fraud: payments of the account are held until a person releases the hold. */
export const ConfirmCase = defineCommand({
  type: 'ConfirmCase',
  decider: fraudCase,
  schema: Decision,
  decide({ reason }, state, { at }): CaseEvent[] {
    const { accountId } = requireUndecided(state);
    return [{ type: 'CaseConfirmed', data: { accountId, reason, effectiveAt: at } }];
  },
});

/** It is none: a hold that the case has put on the account is released. */
export const DismissCase = defineCommand({
  type: 'DismissCase',
  decider: fraudCase,
  schema: Decision,
  decide({ reason }, state, { at }): CaseEvent[] {
    const { accountId } = requireUndecided(state);
    return [{ type: 'CaseDismissed', data: { accountId, reason, effectiveAt: at } }];
  },
});
