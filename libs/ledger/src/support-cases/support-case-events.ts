import { z } from 'zod';
import { type EventOf, eventRegistry } from '#libs/event-sourcing';

/*
 * Storage format, as billing/account-events.ts: stored for ever, changed only by addition. What was said is sealed with the
 * account's own key (ADR 0015); everything else is a code or an opaque id.
 */

const Instant = z.iso.datetime();
/** How the customer was spoken to (AC4). */
export const SupportChannel = z.enum(['phone', 'email', 'chat', 'letter', 'in-person', 'internal']);
/** An event of the account that it is about, by its place and its id. */
const LinkedEvent = z.strictObject({
  stream: z.string(),
  /** Decimal figures. */
  revision: z.string().regex(/^\d+$/),
  eventId: z.uuid(),
});

export const supportCaseEvents = eventRegistry({
  SupportCaseOpened: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), channel: SupportChannel, topic: z.string(), effectiveAt: Instant }),
  },
  NoteAdded: {
    version: 1,
    schema: z.strictObject({
      accountId: z.uuid(),
      noteId: z.uuid(),
      channel: SupportChannel,
      /** Sealed; unreadable for ever once the account's key is erased. */
      text: z.string().regex(/^v\d+\.[A-Za-z0-9_-]+$/),
      links: z.array(LinkedEvent),
      effectiveAt: Instant,
    }),
  },
  SupportCaseAssigned: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), assignee: z.string(), effectiveAt: Instant }),
  },
  SupportCaseClosed: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), outcome: z.string(), effectiveAt: Instant }),
  },
  SupportCaseReopened: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
});

export type SupportCaseEvent = EventOf<typeof supportCaseEvents>;
