import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { AlertNote, type CaseEvent } from './case-events.js';
import { fraudCase, refuseCase } from './fraud-case.js';

/** Opens a case about an account with its first alert. */
export const OpenCase = defineCommand({
  type: 'OpenCase',
  decider: fraudCase,
  schema: z.strictObject({ accountId: z.uuid(), alert: AlertNote }),
  decide({ accountId, alert }, state, { at }): CaseEvent[] {
    if (state.status !== 'unknown')
      refuseCase('CASE_EXISTS', 'a case with this id has been opened; add the alert to it');
    return [{ type: 'CaseOpened', data: { accountId, alert, effectiveAt: at } }];
  },
});
