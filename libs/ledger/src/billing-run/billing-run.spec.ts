import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { billingRunEvents } from './billing-run-events.js';
import { billingRun, billingRunOf } from './billing-run.js';

describe('Events of billing runs stored by earlier builds', () => {
  const read = goldenEvents(billingRunEvents, import.meta.url);

  it('fold to the run they have always come to', () => {
    const state = fold(billingRun, (['BillingRunStarted', 'BillingRunFinished'] as const).map(read));
    expect(state).toMatchObject({ status: 'finished', begun: { cycle: 15 }, report: { accounts: 3, billed: 1 } });
  });

  it('are a run that is begun once, gone on with, and refused when it is finished', () => {
    const body = { date: '2026-02-15', cycle: 15, catalogue: 'us-2020-01' };
    const { effectiveAt: at, ...data } = read('BillingRunStarted').data;
    given(billingRun)
      .when(billingRun.start, body, { at })
      .then([{ type: 'BillingRunStarted', data: { ...data, effectiveAt: at } }]);
    given(billingRun, [read('BillingRunStarted')])
      .when(billingRun.start, body)
      .thenNothing();
    given(billingRun, [read('BillingRunStarted'), read('BillingRunFinished')])
      .when(billingRun.start, body)
      .thenRejected('BILLING_RUN_FINISHED');
  });

  it('are a run of any day that has come: a cycle that was missed is billed later, with its dates', () => {
    const body = { date: '2026-02-15', cycle: 15, catalogue: 'us-2020-01' };
    const begin = (at: string) => given(billingRun).when(billingRun.start, body, { at });
    expect(begin('2026-04-02T12:00:00.000Z').events()).toMatchObject([{ data: { date: '2026-02-15' } }]);
    expect(begin('2026-02-14T00:00:00.000Z').events()).toHaveLength(1);
    begin('2026-02-13T23:59:59.999Z').thenRejected('BILLING_RUN_NOT_DUE', 'date');
  });

  it('are a run that is closed once', () => {
    const { report } = read('BillingRunFinished').data;
    given(billingRun).when(billingRun.finish, { report }).thenRejected('BILLING_RUN_UNKNOWN');
    const [finished] = given(billingRun, [read('BillingRunStarted')])
      .when(billingRun.finish, { report })
      .events();
    expect(finished).toMatchObject({ type: 'BillingRunFinished', data: { report } });
    given(billingRun, [read('BillingRunStarted'), read('BillingRunFinished')])
      .when(billingRun.finish, { report })
      .thenNothing();
  });
});

describe('The id of a billing run', () => {
  it('is the same for the same day and cycle, which is that of the day unless it is named', () => {
    expect(billingRunOf({ date: '2026-02-15' }).runId).toBe('2026-02-15-cycle-15');
    expect(billingRunOf({ date: '2026-02-17', cycle: 5 }).runId).toBe('2026-02-17-cycle-05');
    expect(() => billingRunOf({ date: '2026-01-31' })).toThrow('no account is billed on the 29th or later');
  });
});
