import { z } from 'zod';
import { type EventOf, eventRegistry } from '#libs/event-sourcing';

/*
 * Storage format, as account-events.ts of the ledger: stored for ever, changed only by addition. Nothing here may hold
 * personal data: reasons are codes, people are opaque ids.
 */

const Instant = z.iso.datetime();
export const AlertNote = z.strictObject({
  alertId: z.uuid(),
  ruleId: z.string(),
  ruleVersion: z.int(),
  severity: z.enum(['low', 'medium', 'high']),
  /** What the rule asks for: `hold` holds the account's payments until the case is decided. */
  action: z.enum(['alert', 'hold']),
  /** The public message that set the rule off. */
  messageId: z.uuid(),
});

export const caseEvents = eventRegistry({
  CaseOpened: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), alert: AlertNote, effectiveAt: Instant }),
  },
  AlertAdded: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), alert: AlertNote, effectiveAt: Instant }),
  },
  CaseAssigned: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), assignee: z.string(), effectiveAt: Instant }),
  },
  CaseConfirmed: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  CaseDismissed: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
});

export type CaseEvent = EventOf<typeof caseEvents>;
