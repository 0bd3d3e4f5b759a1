import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { autopayRun } from './autopay-run.js';
import { autopayRunEvents } from './autopay-run-events.js';

describe('Events of autopay runs stored by earlier builds', () => {
  const read = goldenEvents(autopayRunEvents, import.meta.url);
  const [started, finished] = [() => read('AutopayRunStarted'), () => read('AutopayRunFinished')];

  it('fold to the run they have always come to', () => {
    expect(fold(autopayRun, [started(), finished()])).toMatchObject({
      status: 'finished',
      report: { accounts: 3, presented: 1, totals: [{ amount: '47.57', currency: 'USD' }] },
    });
  });

  it('are a run that is begun once, gone on with, and refused when it is finished', () => {
    const { effectiveAt: at, ...body } = started().data;
    given(autopayRun).when(autopayRun.start, body, { at }).then([started()]);
    given(autopayRun, [started()]).when(autopayRun.start, body).thenNothing();
    given(autopayRun, [started(), finished()]).when(autopayRun.start, body).thenRejected('AUTOPAY_RUN_FINISHED');
  });

  it('are a run that is closed once', () => {
    const { report, effectiveAt: at } = finished().data;
    given(autopayRun).when(autopayRun.finish, { report }).thenRejected('AUTOPAY_RUN_UNKNOWN');
    given(autopayRun, [started()]).when(autopayRun.finish, { report }, { at }).then([finished()]);
    given(autopayRun, [started(), finished()]).when(autopayRun.finish, { report }).thenNothing();
  });
});

describe('The day of an autopay run', () => {
  const at = '2026-02-20T12:00:00.000Z';
  const begin = (date: string) => given(autopayRun).when(autopayRun.start, { date, policy: 'us-autopay/1' }, { at });

  it('is today, or the day before or after in another time zone', () => {
    for (const date of ['2026-02-19', '2026-02-20', '2026-02-21']) expect(begin(date).events()).toHaveLength(1);
    begin('2026-02-22').thenRejected('AUTOPAY_RUN_NOT_DUE', 'date');
    begin('2026-02-18').thenRejected('AUTOPAY_RUN_PASSED', 'date');
  });
});
