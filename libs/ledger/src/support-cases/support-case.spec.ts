import { given } from '#testing/event-sourcing';
import {
  AddNote,
  AssignSupportCase,
  CloseSupportCase,
  OpenSupportCase,
  ReopenSupportCase,
} from './handle-support-case.js';
import { supportCase } from './support-case.js';
import { type SupportCaseEvent } from './support-case-events.js';

const accountId = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b00';
const stranger = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2bff';
const effectiveAt = '2026-01-15T12:00:00.000Z';
const opened: SupportCaseEvent = {
  type: 'SupportCaseOpened',
  data: { accountId, channel: 'phone', topic: 'bill-too-high', effectiveAt },
};
const closed: SupportCaseEvent = { type: 'SupportCaseClosed', data: { accountId, outcome: 'explained', effectiveAt } };
const note = { accountId, channel: 'phone', text: 'v1.c2VhbGVk' } as const;
const link = { stream: `account-${accountId}`, revision: '12', eventId: '0f8fad5b-d9cb-869f-a165-70867728950e' };

describe('A support case', () => {
  it('is opened by channel and topic, and once (AC4)', () => {
    const body = { accountId, channel: 'phone', topic: 'bill-too-high' } as const;
    given(supportCase).when(OpenSupportCase, body).then([opened]);
    given(supportCase, [opened]).when(OpenSupportCase, body).thenRejected('CASE_EXISTS');
  });

  it('keeps notes sealed, with the events they are about; of a closed case too', () => {
    const commandId = '11111111-1111-4111-8111-111111111111';
    const noted: SupportCaseEvent = {
      type: 'NoteAdded',
      data: { ...note, noteId: commandId, links: [link], effectiveAt },
    };
    given(supportCase, [opened])
      .when(AddNote, { ...note, links: [link] }, { commandId })
      .then([noted]);
    expect(given(supportCase, [opened, closed]).when(AddNote, note).events()).toHaveLength(1);
    expect(AddNote.schema.safeParse({ ...note, text: 'in the clear' }).success).toBe(false);
  });

  it('is given to somebody, and to the same person once', () => {
    const to = { accountId, assignee: 'agent:42' };
    const assigned = given(supportCase, [opened]).when(AssignSupportCase, to).events();
    expect(assigned).toHaveLength(1);
    given(supportCase, [opened, ...assigned])
      .when(AssignSupportCase, to)
      .thenNothing();
  });

  it('is closed with what it came to, takes nothing but notes then, and is opened again', () => {
    given(supportCase, [opened]).when(CloseSupportCase, { accountId, outcome: 'explained' }).then([closed]);
    const after = given(supportCase, [opened, closed]);
    after.when(CloseSupportCase, { accountId, outcome: 'explained' }).thenRejected('CASE_CLOSED');
    after.when(AssignSupportCase, { accountId, assignee: 'agent:42' }).thenRejected('CASE_CLOSED');
    const again = { accountId, reason: 'customer-called-again' };
    const reopened = after.when(ReopenSupportCase, again);
    expect(reopened.state()).toMatchObject({ status: 'open' });
    given(supportCase, [opened]).when(ReopenSupportCase, again).thenRejected('CASE_OPEN');
  });

  it('is unknown under another account’s address', () => {
    given(supportCase, [opened])
      .when(AddNote, { ...note, accountId: stranger })
      .thenRejected('CASE_UNKNOWN', 'caseId');
    given(supportCase).when(CloseSupportCase, { accountId, outcome: 'explained' }).thenRejected('CASE_UNKNOWN');
  });
});
