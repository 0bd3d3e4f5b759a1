import { given } from '#testing/event-sourcing';
import { idOf } from '#testing/fraud';
import { AddAlert } from './add-alert.js';
import { AssignCase } from './assign-case.js';
import { type CaseEvent } from './case-events.js';
import { ConfirmCase, DismissCase } from './decide-case.js';
import { fraudCase } from './fraud-case.js';
import { OpenCase } from './open-case.js';

const at = '2026-01-15T12:00:00.000Z';
const accountId = idOf('account');
const alert = (name: string) => ({
  ...{ alertId: idOf(name), ruleId: 'many-payments', ruleVersion: 1 },
  ...{ severity: 'medium' as const, action: 'alert' as const, messageId: idOf(`message of ${name}`) },
});
const opened: CaseEvent = { type: 'CaseOpened', data: { accountId, alert: alert('first'), effectiveAt: at } };
const about = { accountId, effectiveAt: at };
const confirmed: CaseEvent = { type: 'CaseConfirmed', data: { ...about, reason: 'stolen-card' } };
const dismissed: CaseEvent = { type: 'CaseDismissed', data: { ...about, reason: 'customer-confirmed' } };

describe('A fraud case', () => {
  it('is opened once, with its first alert', () => {
    given(fraudCase)
      .when(OpenCase, { accountId, alert: alert('first') })
      .then([opened]);
    given(fraudCase, [opened])
      .when(OpenCase, { accountId, alert: alert('first') })
      .thenRejected('CASE_EXISTS');
  });

  it('gathers further alerts, each once', () => {
    const added: CaseEvent = { type: 'AlertAdded', data: { ...about, alert: alert('second') } };
    given(fraudCase, [opened])
      .when(AddAlert, { alert: alert('second') })
      .then([added]);
    given(fraudCase, [opened, added])
      .when(AddAlert, { alert: alert('second') })
      .thenNothing();
    given(fraudCase, [opened, confirmed])
      .when(AddAlert, { alert: alert('first') })
      .thenNothing();
  });

  it('is given to somebody, and to somebody else', () => {
    const assigned = (assignee: string): CaseEvent => ({ type: 'CaseAssigned', data: { ...about, assignee } });
    given(fraudCase, [opened])
      .when(AssignCase, { assignee: 'ann' })
      .then([assigned('ann')]);
    given(fraudCase, [opened, assigned('ann')])
      .when(AssignCase, { assignee: 'ann' })
      .thenNothing();
    given(fraudCase, [opened, assigned('ann')])
      .when(AssignCase, { assignee: 'bob' })
      .then([assigned('bob')]);
    expect(AssignCase.schema.safeParse({ assignee: 'ann@example.com' }).success).toBe(false);
  });

  it('is confirmed or dismissed with a reason, assigned or not', () => {
    given(fraudCase, [opened]).when(ConfirmCase, { reason: 'stolen-card' }).then([confirmed]);
    given(fraudCase, [opened]).when(DismissCase, { reason: 'customer-confirmed' }).then([dismissed]);
    expect(DismissCase.schema.safeParse({ reason: 'She called and said so' }).success).toBe(false);
  });

  it.each([
    ['confirmed', confirmed],
    ['dismissed', dismissed],
  ])('takes nothing more once it is %s', (_, decision) => {
    const decided = given(fraudCase, [opened, decision]);
    decided.when(AddAlert, { alert: alert('second') }).thenRejected('CASE_DECIDED');
    decided.when(AssignCase, { assignee: 'ann' }).thenRejected('CASE_DECIDED');
    decided.when(ConfirmCase, { reason: 'stolen-card' }).thenRejected('CASE_DECIDED');
    decided.when(DismissCase, { reason: 'stolen-card' }).thenRejected('CASE_DECIDED');
  });

  it('has to be there before anything else', () => {
    given(fraudCase).when(AssignCase, { assignee: 'ann' }).thenRejected('CASE_UNKNOWN');
    given(fraudCase).when(ConfirmCase, { reason: 'stolen-card' }).thenRejected('CASE_UNKNOWN');
  });
});
