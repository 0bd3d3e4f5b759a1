import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { billIssued, paymentApplied } from '../billing/account-examples.js';
import { Days, enrolling } from './autopay-examples.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { CancelAutopay } from './cancel-autopay.js';
import { EnrollAutopay } from './enroll-autopay.js';
import { fateOfUnsent, giveUpUnsentDebitBy } from './unsent-debit.js';

const POLICY = autopayPolicyOn('2026-02-06');

/** A bill of 60.00 due on Friday, 6 February, and its debit decided on on that day. */
function decided(): Days {
  const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
  days.run('2026-01-12');
  expect(days.run('2026-02-06')).toEqual(['AutopayDebitPresented']);
  return days;
}

/** What is decided on a day by a run of the debit's own. */
function giveUp(days: Days, day: string) {
  const { paymentId } = days.last('AutopayDebitPresented');
  const body = { paymentId, date: '2026-02-06' };
  return given(account, days.events).when(giveUpUnsentDebitBy(POLICY), body, { at: `${day}T12:00:00.000Z` });
}

const fate = (days: Days, day: string) => fateOfUnsent(days.state.autopay.debits[0]!, days.state, day, POLICY);

describe('A debit whose payment was never asked for', () => {
  it('is still made up to five days after its day, and given up later', () => {
    expect(fate(decided(), '2026-02-11')).toBe('make');
    giveUp(decided(), '2026-02-11').thenNothing();
    expect(fate(decided(), '2026-02-12')).toEqual({ giveUp: 'too-late' });
    giveUp(decided(), '2026-02-12').then([
      {
        type: 'AutopayDebitDropped',
        data: {
          ...{ debitId: '1', amount: { amount: '60.00', currency: 'USD' } },
          bills: [{ billNumber: 'B-1', amount: '60.00' }],
          ...{ reason: 'too-late', policy: 'us-autopay/1', effectiveAt: '2026-02-12T12:00:00.000Z' },
        },
      },
    ]);
  });

  it('is given up when its enrolment was cancelled, suspended or replaced since, and not for what was before', () => {
    const reasonOf = (change: (days: Days) => void) => {
      const days = decided();
      change(days);
      return giveUp(days, '2026-02-09').events()[0]?.data;
    };
    const cancel = (days: Days) => cancelOn(days, '2026-02-07');
    expect(reasonOf(cancel)).toMatchObject({ reason: 'enrollment-cancelled' });
    const method = { kind: 'card' as const, token: 'tok_1', expires: '2027-01' };
    const replace = (days: Days) => void days.do(EnrollAutopay, enrolling({ method }), '2026-02-07');
    expect(reasonOf(replace)).toMatchObject({ reason: 'enrollment-replaced' });
    const both = (days: Days) => [cancel(days), replace(days)];
    expect(reasonOf(both)).toMatchObject({ reason: 'enrollment-cancelled' });
    // Cancelled when the debit was too close to be stopped: it is the last.
    const last = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    last.run('2026-01-12');
    cancelOn(last, '2026-02-05');
    last.run('2026-02-06');
    expect(fate(last, '2026-02-09')).toBe('make');
  });

  it('is given up when less is to be debited than was decided', () => {
    const paid = (amount: string) =>
      decided().happens(paymentApplied('bbbbbbbb-0000-4000-8000-000000000001', amount, [`B-1/L1 ${amount}`]));
    expect(fate(paid('60.00'), '2026-02-09')).toEqual({ giveUp: 'nothing-open' });
    expect(fate(paid('20.00'), '2026-02-09')).toEqual({ giveUp: 'less-to-debit' });
    // The rest is announced anew.
    const days = paid('20.00');
    days.happens(...giveUp(days, '2026-02-09').events());
    expect(days.run('2026-02-10')).toEqual(['AutopayDebitAnnounced']);
    expect(days.last('AutopayDebitAnnounced')).toMatchObject({
      amount: { amount: '40.00', currency: 'USD' },
      // No transfer came before it.
      notice: { required: true, because: 'first-debit' },
    });
  });

  it('is not given up when its outcome is known, or nobody ever decided on it', () => {
    const days = decided();
    days.paid('2026-02-09');
    giveUp(days, '2026-03-09').thenNothing();
    const body = { paymentId: 'bbbbbbbb-0000-4000-8000-000000000009', date: '2026-02-06' };
    given(account, days.events).when(giveUpUnsentDebitBy(POLICY), body).thenNothing();
  });
});

function cancelOn(days: Days, day: string): void {
  days.do(CancelAutopay, { reason: 'customer-asked' }, day);
}
