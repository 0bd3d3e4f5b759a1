import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { AlertNote, type CaseEvent } from './case-events.js';
import { fraudCase, requireUndecided } from './fraud-case.js';

/** Adds a further alert about the account to a case nobody has decided yet. */
export const AddAlert = defineCommand({
  type: 'AddAlert',
  decider: fraudCase,
  schema: z.strictObject({ alert: AlertNote }),
  decide({ alert }, state, { at }): CaseEvent[] {
    if (state.status !== 'unknown' && state.alerts.includes(alert.alertId)) return [];
    const { accountId } = requireUndecided(state);
    return [{ type: 'AlertAdded', data: { accountId, alert, effectiveAt: at } }];
  },
});
