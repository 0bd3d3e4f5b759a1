import { goldenEvents } from '#testing/event-sourcing';
import { supportCase } from './support-case.js';
import { supportCaseEvents } from './support-case-events.js';

describe('Events of support cases stored by earlier builds', () => {
  const read = goldenEvents(supportCaseEvents, import.meta.url);

  it('fold to the case they have always come to', () => {
    const types = ['SupportCaseOpened', 'NoteAdded', 'SupportCaseAssigned', 'SupportCaseClosed'] as const;
    const state = types.map(read).reduce((next, event) => supportCase.evolve(next, event), supportCase.initialState);
    const accountId = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b00';
    expect(state).toEqual({ status: 'closed', accountId, assignee: 'agent:42' });
    expect(supportCase.evolve(state, read('SupportCaseReopened'))).toMatchObject({ status: 'open' });
  });
});
