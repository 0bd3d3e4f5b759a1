import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { collectionsRunEvents } from './collections-run-events.js';
import { collectionsRun } from './collections-run.js';

describe('Events of collections runs stored by earlier builds', () => {
  const read = goldenEvents(collectionsRunEvents, import.meta.url);
  const started = read('CollectionsRunStarted');
  const finished = read('CollectionsRunFinished');

  it('fold to the run they have always come to', () => {
    expect(fold(collectionsRun, [started, finished])).toMatchObject({
      ...{ status: 'finished', begun: { date: '2026-02-15', policy: 'us-2020-01' } },
      report: { accounts: 4, actedOn: 2, restored: 1 },
    });
  });

  it('are a run that is begun once, of no day that lies ahead, gone on with, and refused when it is finished', () => {
    const { effectiveAt: at, ...body } = started.data;
    given(collectionsRun).when(collectionsRun.start, body, { at }).then([started]);
    given(collectionsRun)
      .when(collectionsRun.start, body, { at: '2026-02-13T12:00:00.000Z' })
      .thenRejected('EFFECTIVE_IN_FUTURE', 'date');
    given(collectionsRun, [started]).when(collectionsRun.start, body).thenNothing();
    given(collectionsRun, [started, finished])
      .when(collectionsRun.start, body)
      .thenRejected('COLLECTIONS_RUN_FINISHED');
  });

  it('are a run of no day that has passed, unless it was begun on its day and interrupted (52 Pa. Code §56.91)', () => {
    const { effectiveAt: _, ...body } = started.data;
    const begin = (at: string) => given(collectionsRun).when(collectionsRun.start, body, { at });
    expect(begin('2026-02-16T23:59:59.999Z').events()).toHaveLength(1);
    begin('2026-02-17T00:00:00.000Z').thenRejected('COLLECTIONS_RUN_PASSED', 'date');
    const late = { at: '2026-03-01T12:00:00.000Z' };
    given(collectionsRun, [started]).when(collectionsRun.start, body, late).thenNothing();
  });

  it('are a run that is closed once', () => {
    const { effectiveAt: at, report } = finished.data;
    given(collectionsRun).when(collectionsRun.finish, { report }).thenRejected('COLLECTIONS_RUN_UNKNOWN');
    given(collectionsRun, [started]).when(collectionsRun.finish, { report }, { at }).then([finished]);
    given(collectionsRun, [started, finished]).when(collectionsRun.finish, { report }).thenNothing();
  });
});
