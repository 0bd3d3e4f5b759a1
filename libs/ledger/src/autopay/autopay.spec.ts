import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountClosed, accountOpened, billIssued } from '../billing/account-examples.js';
import { Days, enrolling } from './autopay-examples.js';
import { CancelAutopay, ResumeAutopay, StopAutopayDebit } from './cancel-autopay.js';
import { EnrollAutopay } from './enroll-autopay.js';

const card = { kind: 'card' as const, token: 'tok_1', lastFour: '4242' };
const enroll = (more: Parameters<typeof enrolling>[0] = {}, history = [accountOpened()]) =>
  given(account, history).when(EnrollAutopay, enrolling(more), { at: '2026-01-15T12:00:00.000Z' });

/** Enrolled, and a bill of 60.00 due on Friday, 6 February announced. */
function announced(): Days {
  const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
  expect(days.run('2026-01-12')).toEqual(['AutopayDebitAnnounced']);
  return days;
}

describe('EnrollAutopay', () => {
  it('keeps the record of consent: who, when, which wording, by what means, and which method (12 CFR 1005.10(b))', () => {
    const consent = { ...enrolling().consent, means: 'phone' as const, evidence: 'recording-4711' };
    const [enrolled] = enroll({ consent, daysBeforeDue: 3, noticeRange: { from: '1', to: '80' } }).events();
    expect(enrolled).toEqual({
      type: 'AutopayEnrolled',
      data: {
        enrollmentId: '00000000-0000-4000-8000-00000000000c',
        method: { kind: 'bank-account', token: 'ba_1', lastFour: '6789' },
        daysBeforeDue: 3,
        noticeRange: { from: '1.00', to: '80.00' },
        consent: { ...consent, agreedAt: '2026-01-01T09:00:00.000Z' },
        policy: 'us-autopay/1',
        effectiveAt: '2026-01-15T12:00:00.000Z',
      },
    });
  });

  it('refuses what could not be debited, or was not agreed to, and names the field', () => {
    enroll({ method: { ...card, expires: '2025-12' } }).thenRejected('AUTOPAY_METHOD_INVALID', 'method/expires');
    enroll({ method: card }).thenRejected('AUTOPAY_METHOD_INVALID', 'method/expires');
    enroll({ method: { kind: 'bank-account', token: 'ba_1', expires: '2027-01' } }).thenRejected(
      'AUTOPAY_METHOD_INVALID',
    );
    enroll({ method: { ...card, token: '4242424242424242', expires: '2027-01' } }).thenRejected('CARD_NUMBER_REFUSED');
    enroll({ daysBeforeDue: 16 }).thenRejected('AUTOPAY_TOO_EARLY', 'daysBeforeDue');
    enroll({ consent: { ...enrolling().consent, agreedAt: '2026-01-16T00:00:00Z' } }).thenRejected(
      'AUTOPAY_CONSENT_IN_FUTURE',
      'consent/agreedAt',
    );
    enroll({ noticeRange: { from: '80', to: '1' } }).thenRejected('AUTOPAY_RANGE_INVALID', 'noticeRange/to');
    given(account, [accountOpened(), accountClosed]).when(EnrollAutopay, enrolling()).thenRejected('ACCOUNT_CLOSED');
    given(account, []).when(EnrollAutopay, enrolling()).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('takes a card to the last day of the month on it', () => {
    const late = (at: string) =>
      given(account, [accountOpened()]).when(EnrollAutopay, enrolling({ method: { ...card, expires: '2026-02' } }), {
        at,
      });
    expect(late('2026-02-28T23:59:59.999Z').events()).toHaveLength(1);
    late('2026-03-01T00:00:00.000Z').thenRejected('AUTOPAY_METHOD_INVALID');
  });

  it('replaces the authorization before it: debits that were announced are made by the new method', () => {
    const days = announced();
    const first = days.last('AutopayEnrolled').enrollmentId;
    expect(days.do(EnrollAutopay, enrolling({ method: { ...card, expires: '2027-01' } }), '2026-02-05')).toEqual([
      'AutopayEnrolled',
    ]);
    expect(days.last('AutopayEnrolled').replaces).toBe(first);
    days.run('2026-02-06');
    expect(days.last('AutopayDebitPresented')).toMatchObject({ method: { kind: 'card', token: 'tok_1' } });
  });
});

describe('Another authorization', () => {
  it('has its first debit announced with notice, though the one before it needed none (12 CFR 1005.10(d))', () => {
    const days = announced();
    days.run('2026-02-06');
    days.paid('2026-02-06').happens(billIssued('B-2', '2026-03-06', ['60.00']));
    days.run('2026-02-10');
    expect(days.last('AutopayDebitAnnounced').notice.required).toBe(false);
    expect(days.do(EnrollAutopay, enrolling({ method: { ...card, expires: '2027-01' } }), '2026-02-20')).toEqual([
      ...['AutopayDebitDropped', 'AutopayEnrolled'],
    ]);
    expect(days.run('2026-02-20')).toEqual(['AutopayDebitAnnounced']);
    expect(days.last('AutopayDebitAnnounced')).toMatchObject({
      ...{ payOn: '2026-03-06', bills: [{ billNumber: 'B-2', amount: '60.00' }] },
      notice: { required: true, because: 'first-debit' },
    });
  });
});

describe('CancelAutopay, ResumeAutopay and StopAutopayDebit', () => {
  it('stop a debit three business days before its day, and not later (12 CFR 1005.10(c)(1))', () => {
    const stop = (day: string) => announced().do(StopAutopayDebit, { debitId: '1' }, day);
    // Tuesday, Wednesday and Thursday lie before Friday.
    expect(stop('2026-02-03')).toEqual(['AutopayDebitDropped']);
    expect(() => stop('2026-02-04')).toThrow('until 3 business days before');
  });

  it('stop one debit alone, once: the bill is not debited any more, the next one is', () => {
    const days = announced();
    days.do(StopAutopayDebit, { debitId: '1' }, '2026-01-20');
    expect(days.do(StopAutopayDebit, { debitId: '1' }, '2026-01-21')).toEqual([]);
    expect(days.run('2026-02-06')).toEqual([]);
    days.happens(billIssued('B-2', '2026-03-06', ['60.00']));
    expect(days.run('2026-02-10')).toEqual(['AutopayDebitAnnounced']);
    expect(() => days.do(StopAutopayDebit, { debitId: '7' }, '2026-02-10')).toThrow('no debit with this number');
  });

  it('end autopay: what can be stopped is not debited, what is too close is the last', () => {
    const early = announced();
    expect(early.do(CancelAutopay, { reason: 'customer-asked' }, '2026-02-03')).toEqual([
      'AutopayDebitDropped',
      'AutopayCancelled',
    ]);
    expect(early.run('2026-02-06')).toEqual([]);
    const late = announced();
    expect(late.do(CancelAutopay, { reason: 'customer-asked' }, '2026-02-04')).toEqual(['AutopayCancelled']);
    late.happens(billIssued('B-2', '2026-03-06', ['60.00']));
    expect(late.run('2026-02-06')).toEqual(['AutopayDebitPresented']);
    expect(() => late.do(CancelAutopay, { reason: 'customer-asked' }, '2026-02-07')).toThrow('has no autopay');
  });

  it('go on after a suspension with bills that fall due from then on', () => {
    const days = announced();
    days.run('2026-02-06');
    days.comesBack('R08', '2026-02-10').run('2026-02-10');
    days.happens(billIssued('B-2', '2026-02-27', ['60.00']), billIssued('B-3', '2026-03-10', ['60.00']));
    expect(days.run('2026-02-12')).toEqual([]);
    expect(days.do(ResumeAutopay, { reason: 'customer-called' }, '2026-03-02')).toEqual(['AutopayResumed']);
    expect(days.do(ResumeAutopay, { reason: 'customer-called' }, '2026-03-02')).toEqual([]);
    days.run('2026-03-02');
    expect(days.last('AutopayDebitAnnounced').bills).toEqual([{ billNumber: 'B-3', amount: '60.00' }]);
    expect(days.events.filter(({ type }) => type === 'AutopayDebitAnnounced')).toHaveLength(2);
  });

  it('ends with the account', () => {
    const closed = given(account, [accountOpened(), accountClosed]);
    closed.when(CancelAutopay, { reason: 'customer-asked' }).thenRejected('AUTOPAY_NOT_ENROLLED');
    expect(new Days().happens(accountClosed).state.autopay.enrollment).toMatchObject({
      status: 'stopped',
      code: 'account-closed',
    });
  });
});
