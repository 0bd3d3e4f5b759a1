import { type Decider } from '#libs/event-sourcing';
import { refuse } from '../billing/rejections.js';
import { type SupportCaseEvent, supportCaseEvents } from './support-case-events.js';

/** A matter that a customer and the company talk about, as far as the next command has to know. */
export type SupportCaseState =
  | { readonly status: 'unknown' }
  | { readonly status: 'open' | 'closed'; readonly accountId: string; readonly assignee: string | undefined };

/**
 * A support case: a stream of its own, `supportCase-<case id>`, so that what is said about an account neither grows the
 * account's stream nor waits behind its payments (AC4).
 */
export const supportCase: Decider<SupportCaseState, SupportCaseEvent> = {
  category: 'supportCase',
  events: supportCaseEvents,
  initialState: { status: 'unknown' },
  evolve,
};

function evolve(state: SupportCaseState, event: SupportCaseEvent): SupportCaseState {
  const { accountId } = event.data;
  const assignee = state.status === 'unknown' ? undefined : state.assignee;
  switch (event.type) {
    case 'SupportCaseOpened':
    case 'SupportCaseReopened':
      return { status: 'open', accountId, assignee };
    case 'NoteAdded':
      return state;
    case 'SupportCaseAssigned':
      return { status: 'open', accountId, assignee: event.data.assignee };
    case 'SupportCaseClosed':
      return { status: 'closed', accountId, assignee };
  }
}

/** A case of the account that a command names: what is somebody else's is unknown there. */
export function requireCase(state: SupportCaseState, accountId: string) {
  if (state.status === 'unknown' || state.accountId !== accountId) {
    refuse('CASE_UNKNOWN', 'the account has no case with this id; list its cases', 'caseId');
  }
  return state;
}

export function requireOpenCase(state: SupportCaseState, accountId: string) {
  const known = requireCase(state, accountId);
  if (known.status === 'closed') refuse('CASE_CLOSED', 'the case is closed; open it again first, or open another');
  return known;
}
