import { type Decider, Rejected } from '#libs/event-sourcing';
import { type CaseEvent, caseEvents } from './case-events.js';

/** Every state a case can be in. */
export const CASE_STATES = ['open', 'assigned', 'confirmed', 'dismissed'] as const;
export type CaseStatus = (typeof CASE_STATES)[number];

type CaseState =
  | { readonly status: 'unknown' }
  | {
      readonly status: CaseStatus;
      readonly accountId: string;
      readonly alerts: readonly string[];
      readonly assignee?: string;
    };

/** A suspicion about one account: alerts are gathered in it until somebody confirms or dismisses it. */
export const fraudCase: Decider<CaseState, CaseEvent> = {
  category: 'fraudCase',
  events: caseEvents,
  initialState: { status: 'unknown' },
  evolve(state, event) {
    const { accountId } = event.data;
    const before = state.status === 'unknown' ? { status: 'open' as const, accountId, alerts: [] } : state;
    switch (event.type) {
      case 'CaseOpened':
      case 'AlertAdded':
        return { ...before, alerts: [...before.alerts, event.data.alert.alertId] };
      case 'CaseAssigned':
        return { ...before, status: 'assigned', assignee: event.data.assignee };
      case 'CaseConfirmed':
        return { ...before, status: 'confirmed' };
      case 'CaseDismissed':
        return { ...before, status: 'dismissed' };
    }
  },
};

/** Every refusal of a case's commands, by its stable code. */
export const CASE_REJECTIONS = {
  CASE_UNKNOWN: 'no case with this id has been opened',
  CASE_EXISTS: 'a case with this id has been opened',
  CASE_DECIDED: 'the case has been confirmed or dismissed',
} as const;

export function refuseCase(code: keyof typeof CASE_REJECTIONS, message: string): never {
  throw new Rejected(code, message);
}

type UndecidedCase = Exclude<CaseState, { status: 'unknown' }>;

/** The case, when it is there and nobody has decided it yet. @throws Rejected */
export function requireUndecided(state: CaseState): UndecidedCase {
  if (state.status === 'unknown') refuseCase('CASE_UNKNOWN', 'no case with this id has been opened; list the cases');
  if (state.status === 'confirmed' || state.status === 'dismissed') {
    refuseCase('CASE_DECIDED', `this case has been ${state.status}; what comes after that is a case of its own`);
  }
  return state;
}
