import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { autopayRun, FinishAutopayRun, requireDue, StartAutopayRun } from './autopay-run.js';
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
    given(autopayRun).when(StartAutopayRun, body, { at }).then([started()]);
    given(autopayRun, [started()]).when(StartAutopayRun, body).thenNothing();
    given(autopayRun, [started(), finished()]).when(StartAutopayRun, body).thenRejected('AUTOPAY_RUN_FINISHED');
  });

  it('are a run that is closed once', () => {
    const { report, effectiveAt: at } = finished().data;
    given(autopayRun).when(FinishAutopayRun, { report }).thenRejected('AUTOPAY_RUN_UNKNOWN');
    given(autopayRun, [started()]).when(FinishAutopayRun, { report }, { at }).then([finished()]);
    given(autopayRun, [started(), finished()]).when(FinishAutopayRun, { report }).thenNothing();
  });
});

describe('The day of an autopay run', () => {
  it('is no day ahead, but for the time zones', () => {
    expect(() => requireDue('2026-02-20', '2026-02-20')).not.toThrow();
    expect(() => requireDue('2026-02-21', '2026-02-20')).not.toThrow();
    expect(() => requireDue('2026-02-22', '2026-02-20')).toThrow('the day has not come');
  });
});
