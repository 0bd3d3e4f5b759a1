import { readdirSync, readFileSync } from 'node:fs';
import { caseEvents, type CaseEvent } from './case-events.js';
import { fraudCase } from './fraud-case.js';

/*
 * One stored event of every type and version, as it lies in the log. A golden file is never edited: when one fails, the
 * change under test breaks history that exists.
 */

interface Golden {
  readonly type: CaseEvent['type'];
  readonly version: number;
  readonly data: unknown;
}

const folder = new URL('golden/', import.meta.url);
const goldens = readdirSync(folder).map((file) => {
  const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden;
  return { file, ...golden };
});

describe('Case events stored by earlier builds', () => {
  it('are there for every type and every version of it', () => {
    const versions = Object.entries(caseEvents.definitions).flatMap(([type, { version }]) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(goldens.map(({ file }) => file).sort()).toEqual(versions.sort());
  });

  it.each(goldens)('$file is read and has the current shape', ({ file, type, version, data }) => {
    const event = caseEvents.read(type, version, data);
    expect(file).toBe(`${type}.v${version}.json`);
    expect(() => caseEvents.check(event)).not.toThrow();
  });

  it.each(['CaseConfirmed', 'CaseDismissed'])('fold to the case they have always come to: %s', (decision) => {
    const story = ['CaseOpened', 'AlertAdded', 'CaseAssigned', decision].map((type) => {
      const golden = goldens.find((one) => one.type === type);
      if (!golden) throw new Error(`there is no golden file for ${type}`);
      return caseEvents.read(golden.type, golden.version, golden.data);
    });
    const state = story.reduce((next, event) => fraudCase.evolve(next, event), fraudCase.initialState);
    expect(state).toEqual({
      status: decision === 'CaseConfirmed' ? 'confirmed' : 'dismissed',
      accountId: '0c8f5a52-2f0b-4f1e-9a55-3a1d5f6b7c01',
      alerts: ['a1e97000-0000-5000-8000-000000000001', 'a1e97000-0000-5000-8000-000000000002'],
      assignee: 'analyst-7',
    });
  });
});
