import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireKnown, requireOpen } from '../billing/account-state.js';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';

/** Suspends service by a person's decision (AC5). The collections run does not restore it: a person does. */
export const SuspendService = defineCommand({
  type: 'SuspendService',
  decider: account,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, context): AccountEvent[] {
    requireOpen(state);
    if (state.suspended) refuse('SERVICE_SUSPENDED', `service is suspended since ${state.suspended.on}`);
    return [{ type: 'ServiceSuspended', data: { reason, effectiveAt: context.at } }];
  },
});

/** Restores service by a person's decision, whoever suspended it and whatever is open. */
export const RestoreService = defineCommand({
  type: 'RestoreService',
  decider: account,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, context): AccountEvent[] {
    requireKnown(state);
    if (!state.suspended) refuse('SERVICE_NOT_SUSPENDED', 'service of this account is not suspended');
    return [{ type: 'ServiceRestored', data: { reason, effectiveAt: context.at } }];
  },
});
