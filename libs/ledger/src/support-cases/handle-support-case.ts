import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { requireCase, requireOpenCase, supportCase } from './support-case.js';
import { SupportChannel, type SupportCaseEvent } from './support-case-events.js';

const accountId = z.uuid();
/** A text that was sealed with the account's own key before it became part of a command: see ADR 0015. */
const Sealed = z
  .string()
  .max(16_384)
  .regex(/^v\d+\.[A-Za-z0-9_-]+$/, 'must be a sealed text');
const Links = z
  .array(z.strictObject({ stream: z.string(), revision: z.string(), eventId: z.uuid() }))
  .max(50, 'has at most 50 links');

/** Opens a case about an account. Its id is the stream's. */
export const OpenSupportCase = defineCommand({
  type: 'OpenSupportCase',
  decider: supportCase,
  schema: z.strictObject({ accountId, channel: SupportChannel, topic: ReasonCode }),
  decide(body, state, { at }): SupportCaseEvent[] {
    if (state.status !== 'unknown') refuse('CASE_EXISTS', 'a case with this id was opened already', 'caseId');
    return [{ type: 'SupportCaseOpened', data: { ...body, effectiveAt: at } }];
  },
});

/** Keeps what was said, sealed, with the events it is about; of a closed case too. A note is never changed: another corrects it. */
export const AddNote = defineCommand({
  type: 'AddNote',
  decider: supportCase,
  schema: z.strictObject({ accountId, channel: SupportChannel, text: Sealed, links: Links.default([]) }),
  decide(body, state, { commandId: noteId, at }): SupportCaseEvent[] {
    requireCase(state, body.accountId);
    return [{ type: 'NoteAdded', data: { ...body, noteId, effectiveAt: at } }];
  },
});

/** Gives a case to somebody to look into; giving it to the same person again changes nothing. */
export const AssignSupportCase = defineCommand({
  type: 'AssignSupportCase',
  decider: supportCase,
  schema: z.strictObject({
    accountId,
    /** As X-Actor: stored for ever, so no name and no address. */
    assignee: z
      .string('must be the opaque id of a person or team')
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'must be an opaque id: letters, figures and . _ : / -'),
  }),
  decide(body, state, { at }): SupportCaseEvent[] {
    const { assignee } = requireOpenCase(state, body.accountId);
    if (assignee === body.assignee) return [];
    return [{ type: 'SupportCaseAssigned', data: { ...body, effectiveAt: at } }];
  },
});

/** Closes a case, with what it came to. */
export const CloseSupportCase = defineCommand({
  type: 'CloseSupportCase',
  decider: supportCase,
  schema: z.strictObject({ accountId, outcome: ReasonCode }),
  decide(body, state, { at }): SupportCaseEvent[] {
    requireOpenCase(state, body.accountId);
    return [{ type: 'SupportCaseClosed', data: { ...body, effectiveAt: at } }];
  },
});

/** Opens a closed case again. */
export const ReopenSupportCase = defineCommand({
  type: 'ReopenSupportCase',
  decider: supportCase,
  schema: z.strictObject({ accountId, reason: ReasonCode }),
  decide(body, state, { at }): SupportCaseEvent[] {
    if (requireCase(state, body.accountId).status === 'open') refuse('CASE_OPEN', 'the case is open already');
    return [{ type: 'SupportCaseReopened', data: { ...body, effectiveAt: at } }];
  },
});
