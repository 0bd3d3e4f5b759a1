import { goldenEvents } from '#testing/event-sourcing';
import { caseEvents } from './case-events.js';
import { fraudCase } from './fraud-case.js';

describe('Case events stored by earlier builds', () => {
  const read = goldenEvents(caseEvents, import.meta.url);

  it.each(['CaseConfirmed', 'CaseDismissed'] as const)('fold to the case they have always come to: %s', (decision) => {
    const story = (['CaseOpened', 'AlertAdded', 'CaseAssigned', decision] as const).map(read);
    const state = story.reduce((next, event) => fraudCase.evolve(next, event), fraudCase.initialState);
    expect(state).toEqual({
      status: decision === 'CaseConfirmed' ? 'confirmed' : 'dismissed',
      accountId: '0c8f5a52-2f0b-4f1e-9a55-3a1d5f6b7c01',
      alerts: ['a1e97000-0000-5000-8000-000000000001', 'a1e97000-0000-5000-8000-000000000002'],
      assignee: 'analyst-7',
    });
  });
});
