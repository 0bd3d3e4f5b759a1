import fc from 'fast-check';
import { accountOpened, billIssued, paymentApplied } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { addDays } from '../importing/calendar.js';
import { isStoppable } from '../payment-lifecycle/business-days.js';
import { AdvanceAutopay } from './advance-autopay.js';
import { Days } from './autopay-examples.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { CancelAutopay, ResumeAutopay, StopAutopayDebit } from './cancel-autopay.js';

const card = (expires: string) => ({ kind: 'card' as const, token: 'tok_1', lastFour: '4242', expires });
const hold = (type: 'PaymentsHeld' | 'PaymentsReleased', day: string): AccountEvent => ({
  type,
  data: { holdId: 'aaaaaaaa-0000-4000-8000-000000000001', reason: 'card-testing', effectiveAt: `${day}T12:00:00.000Z` },
});
/** A bill of 60.00 due on Friday, 6 February, and its debit presented on that day. */
function presented(more: ConstructorParameters<typeof Days>[0] = {}): Days {
  const days = new Days(more).happens(billIssued('B-1', '2026-02-06', ['60.00']));
  days.run('2026-01-12');
  expect(days.run('2026-02-06')).toEqual(['AutopayDebitPresented']);
  return days;
}

describe('The notice of a debit', () => {
  it('is required of the first debit, and of one that differs from the one before it (12 CFR 1005.10(d)(1))', () => {
    const days = presented();
    expect(days.last('AutopayDebitAnnounced')).toMatchObject({
      ...{ debitId: '1', payOn: '2026-02-06', amount: { amount: '60.00', currency: 'USD' } },
      notice: { required: true, because: 'first-debit' },
    });
    days.paid('2026-02-06').happens(billIssued('B-2', '2026-03-06', ['60.00']));
    days.run('2026-02-12');
    expect(days.last('AutopayDebitAnnounced').notice).toEqual({ required: false, because: 'amount-unchanged' });
    days.run('2026-03-06');
    days.paid('2026-03-06').happens(billIssued('B-3', '2026-04-06', ['60.01']));
    days.run('2026-03-12');
    expect(days.last('AutopayDebitAnnounced').notice).toEqual({ required: true, because: 'amount-varies' });
  });

  it('lies ten days ahead at least: a bill that is due sooner is debited later', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    days.run('2026-01-30');
    // Ten days from Friday, 30 January are Monday, 9 February.
    expect(days.last('AutopayDebitAnnounced').payOn).toBe('2026-02-09');
  });

  it('counts from when it is given, also in a run that makes up for a day that has passed', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    days.do(AdvanceAutopay, { date: '2026-01-12', run: '2026-01-12' }, '2026-02-02');
    expect(days.last('AutopayDebitAnnounced').payOn).toBe('2026-02-12');
  });

  it('is given outside of the range only that the customer chose (12 CFR 1005.10(d)(2)); inside, the day holds', () => {
    const noticeRange = { from: '10.00', to: '80.00' };
    const days = new Days({ noticeRange }).happens(billIssued('B-1', '2026-02-06', ['80.00']));
    expect(days.run('2026-02-05')).toEqual(['AutopayDebitAnnounced']);
    expect(days.last('AutopayDebitAnnounced')).toMatchObject({
      payOn: '2026-02-06',
      notice: { required: false, because: 'within-range' },
    });
    days.happens(billIssued('B-2', '2026-03-06', ['80.01']));
    days.run('2026-02-10');
    expect(days.last('AutopayDebitAnnounced').notice).toEqual({ required: true, because: 'outside-range' });
  });
});

describe('The debit of a bill', () => {
  it('is made so many days before it is due as the customer chose, on a business day', () => {
    const days = new Days({ daysBeforeDue: 5 }).happens(billIssued('B-1', '2026-02-06', ['60.00']));
    days.run('2026-01-12');
    // Five days before Friday, 6 February are a Sunday; the business day before it is 30 January.
    expect(days.last('AutopayDebitAnnounced').payOn).toBe('2026-01-30');
  });

  it('takes what is open on its day of all bills due on it, and never more than was announced', () => {
    const bills = [billIssued('B-1', '2026-02-06', ['60.00']), billIssued('B-2', '2026-02-06', ['5.00'])];
    const days = new Days().happens(...bills);
    days.run('2026-01-12');
    days.happens(paymentApplied('bbbbbbbb-0000-4000-8000-000000000001', '20.00', ['B-1/L1 20.00']));
    expect(days.run('2026-02-05')).toEqual([]);
    expect(days.run('2026-02-06')).toEqual(['AutopayDebitPresented']);
    expect(days.last('AutopayDebitPresented')).toMatchObject({
      amount: { amount: '45.00', currency: 'USD' },
      bills: [
        { billNumber: 'B-1', amount: '40.00' },
        { billNumber: 'B-2', amount: '5.00' },
      ],
      ...{ presentment: 1, run: '2026-02-06', policy: 'us-autopay/1' },
    });
    expect(days.run('2026-02-06')).toEqual([]);
  });

  it('is dropped when the bill was paid otherwise, or its day is too long ago to be what was announced', () => {
    const paid = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    paid.run('2026-01-12');
    paid.happens(paymentApplied('bbbbbbbb-0000-4000-8000-000000000001', '60.00', ['B-1/L1 60.00']));
    expect(paid.run('2026-02-06')).toEqual(['AutopayDebitDropped']);
    expect(paid.last('AutopayDebitDropped').reason).toBe('nothing-open');
    const late = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    late.run('2026-01-12');
    expect(late.run('2026-02-12')).toEqual(['AutopayDebitDropped', 'AutopayDebitAnnounced']);
    expect(late.last('AutopayDebitDropped').reason).toBe('too-late');
    // The same when the run of its day was interrupted, and is gone on with when its day is too long ago.
    const resumed = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    resumed.run('2026-01-12');
    resumed.do(AdvanceAutopay, { date: '2026-02-06', run: '2026-02-06' }, '2026-02-12');
    expect(resumed.last('AutopayDebitDropped').reason).toBe('too-late');
  });

  it('waits while the account’s payments are held (SE3)', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    days.run('2026-01-12');
    expect(days.happens(hold('PaymentsHeld', '2026-02-05')).run('2026-02-06')).toEqual([]);
    expect(days.happens(hold('PaymentsReleased', '2026-02-09')).run('2026-02-09')).toEqual(['AutopayDebitPresented']);
  });

  it('is not made for bills that fell due before the customer enrolled, nor without an enrolment', () => {
    const days = new Days({}, '2026-02-07').happens(billIssued('B-1', '2026-02-06', ['60.00']));
    expect(days.run('2026-02-09')).toEqual([]);
    const none = new Days();
    none.events.splice(0, none.events.length, accountOpened(), billIssued('B-1', '2026-02-06', ['60.00']));
    expect(none.run('2026-02-06')).toEqual([]);
  });
});

describe('A debit that comes back', () => {
  it.each(['R01', 'R09'])('with %s is presented twice more for the same amount, and no fourth time (Nacha)', (code) => {
    const days = presented();
    for (const [came, again] of [
      ['2026-02-10', '2026-02-16'],
      ['2026-02-18', '2026-03-02'],
    ] as const) {
      expect(days.comesBack(code, came).run(came)).toEqual(['AutopayDebitRescheduled']);
      const { payOn } = days.last('AutopayDebitRescheduled');
      expect(payOn >= again).toBe(true);
      expect(days.run(addDays(payOn, -1))).toEqual([]);
      expect(days.run(payOn)).toEqual(['AutopayDebitPresented']);
      expect(days.last('AutopayDebitPresented').amount).toEqual({ amount: '60.00', currency: 'USD' });
    }
    expect(days.last('AutopayDebitPresented').presentment).toBe(3);
    expect(days.comesBack(code, '2026-03-05').run('2026-03-05')).toEqual(['AutopayDebitDropped']);
    expect(days.last('AutopayDebitDropped')).toMatchObject({ reason: 'presentments-used-up', code });
    // The next bill is debited all the same.
    days.happens(billIssued('B-2', '2026-04-06', ['60.00']));
    expect(days.run('2026-03-12')).toEqual(['AutopayDebitAnnounced']);
  });

  it('is not presented again more than 180 days after the original, nor for another amount (Nacha)', () => {
    const old = presented().comesBack('R01', '2026-08-04');
    expect(old.run('2026-08-04')).toEqual(['AutopayDebitDropped']);
    expect(old.last('AutopayDebitDropped').reason).toBe('presented-too-long');
    const late = presented().comesBack('R01', '2026-07-31');
    // Presented again on Tuesday, 4 August, by a run that is made on the 6th: 181 days after the original.
    expect(late.run('2026-07-31')).toEqual(['AutopayDebitRescheduled']);
    expect(late.run('2026-08-06')).toEqual(['AutopayDebitDropped']);
    const less = presented().comesBack('R01', '2026-02-10');
    less.run('2026-02-10');
    less.happens(paymentApplied('bbbbbbbb-0000-4000-8000-000000000001', '20.00', ['B-1/L1 20.00']));
    expect(less.run('2026-02-17')).toEqual(['AutopayDebitDropped']);
    expect(less.last('AutopayDebitDropped').reason).toBe('amount-changed');
  });

  it.each(['R02', 'R03', 'R04', 'R05', 'R07', 'R10', 'R16', 'R20', 'R29'])('with %s stops autopay', (code) => {
    const days = presented().happens(billIssued('B-2', '2026-03-06', ['60.00']));
    days.run('2026-02-09');
    expect(days.comesBack(code, '2026-02-10').run('2026-02-10')).toEqual([
      ...['AutopayDebitDropped', 'AutopayDebitDropped', 'AutopayStopped'],
    ]);
    expect(days.last('AutopayStopped')).toMatchObject({ code, policy: 'us-autopay/1' });
    expect(() => days.do(ResumeAutopay, { reason: 'customer-called' }, '2026-02-11')).toThrow('has no autopay');
    expect(days.run('2026-03-06')).toEqual([]);
  });

  it('with R08, or a code nobody knows, suspends autopay until somebody has talked to the customer', () => {
    for (const code of ['R08', 'R99']) {
      const days = presented().comesBack(code, '2026-02-10');
      expect(days.run('2026-02-10')).toEqual(['AutopayDebitDropped', 'AutopaySuspended']);
      expect(days.last('AutopaySuspended').code).toBe(code);
    }
  });

  it('is answered by the codes of gateways for cards', () => {
    const method = card('2027-01');
    const after = (code: string) => presented({ method }).comesBack(code, '2026-02-06').run('2026-02-06');
    expect(after('insufficient_funds')).toEqual(['AutopayDebitRescheduled']);
    expect(after('stolen_card')).toEqual(['AutopayDebitDropped', 'AutopayStopped']);
    expect(after('do_not_honor')).toEqual(['AutopayDebitDropped', 'AutopaySuspended']);
  });

  it('is returned late, and says nothing about the method that has replaced the one it was made by', () => {
    const days = presented().paid('2026-02-06');
    const other = new Days({ method: card('2027-01') }, '2026-02-20').last('AutopayEnrolled');
    const enrollmentId = 'cccccccc-0000-4000-8000-000000000001';
    days.happens({ type: 'AutopayEnrolled', data: { ...other, enrollmentId } });
    const { paymentId, amount } = days.last('AutopayDebitPresented');
    const data = { paymentId, amount, returnCode: 'R10', reason: 'unauthorized', unappliedRemoved: '0.00' };
    const released = [{ billNumber: 'B-1', lineId: 'L1', amount: '60.00' }];
    days.happens({ type: 'PaymentReturned', data: { ...data, released, effectiveAt: '2026-03-30T12:00:00.000Z' } });
    expect(days.run('2026-03-30')).toEqual(['AutopayDebitDropped']);
    expect(days.state.autopay.enrollment?.status).toBe('active');
  });
});

describe('A card', () => {
  it('is warned of twice before it expires, and debited no more when it has', () => {
    const days = new Days({ method: card('2026-03') });
    expect(days.run('2026-02-13')).toEqual([]);
    expect(days.run('2026-02-14')).toEqual(['AutopayCardExpiring']);
    expect(days.run('2026-02-15')).toEqual([]);
    expect(days.run('2026-03-17')).toEqual(['AutopayCardExpiring']);
    expect(days.last('AutopayCardExpiring')).toMatchObject({ expires: '2026-03', lastFour: '4242', daysAhead: 14 });
    days.happens(billIssued('B-1', '2026-04-10', ['60.00']));
    expect(days.run('2026-03-31')).toEqual(['AutopayDebitAnnounced']);
    expect(days.run('2026-04-01')).toEqual(['AutopayDebitDropped', 'AutopaySuspended']);
    expect(days.last('AutopaySuspended').code).toBe('card-expired');
    expect(days.run('2026-04-10')).toEqual([]);
  });
});

describe('Whatever happens', () => {
  const CODES = ['paid', 'paid', 'paid', 'R01', 'R09', 'R02', 'R08', 'insufficient_funds'] as const;
  const move = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('run' as const), days: fc.integer({ min: 0, max: 6 }) }) },
    fc.record({
      do: fc.constant('bill' as const),
      due: fc.integer({ min: 0, max: 40 }),
      cents: fc.integer({ min: 1, max: 2 }),
    }),
    fc.record({ do: fc.constantFrom('stop' as const, 'cancel' as const, 'resume' as const) }),
    fc.record({ do: fc.constant('outcome' as const), code: fc.constantFrom(...CODES) }),
  );
  const policy = autopayPolicyOn('2026-01-01');

  it('no debit exceeds its notice, comes before it, is made twice, or is presented more than three times in 180 days', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const days = new Days();
        let today = '2026-01-05';
        let bills = 0;
        let waiting = false;
        for (const one of moves) {
          if (one.do === 'run') {
            today = addDays(today, one.days);
            if (days.run(today).includes('AutopayDebitPresented')) waiting = true;
            expect(days.run(today)).toEqual([]);
          } else if (one.do === 'bill') {
            days.happens(billIssued(`B-${++bills}`, addDays(today, one.due), [`${one.cents}0.00`]));
          } else if (one.do === 'outcome') {
            if (waiting && one.code === 'paid') days.paid(today);
            else if (waiting) days.comesBack(one.code, today);
            waiting = false;
          } else attempt(days, one.do, today);
        }
        expectLaws(days.events, policy.noticeDays);
      }),
      { numRuns: 300 },
    );
  });
});

function attempt(days: Days, what: 'stop' | 'cancel' | 'resume', today: string): void {
  const { enrollment, debits } = days.state.autopay;
  const isEnrolled = enrollment?.status === 'active' || enrollment?.status === 'suspended';
  if (what === 'cancel' && isEnrolled) days.do(CancelAutopay, { reason: 'customer-asked' }, today);
  if (what === 'resume' && isEnrolled) days.do(ResumeAutopay, { reason: 'customer-called' }, today);
  const ahead = debits.find(({ status, payOn }) => status === 'scheduled' && isStoppable(today, payOn));
  if (what === 'stop' && ahead) days.do(StopAutopayDebit, { debitId: ahead.debitId }, today);
}

function expectLaws(events: readonly AccountEvent[], noticeDays: number): void {
  const announced = new Map<string, { most: number; payOn: string; on: string; required: boolean }>();
  const presentments = new Map<string, string[]>();
  const payments = new Set<string>();
  let isActive = false;
  let isCancelled = false;
  for (const { type, data } of events) {
    const on = data.effectiveAt.slice(0, 10);
    if (type === 'AutopayEnrolled' || type === 'AutopayResumed') isActive = true;
    if (type === 'AutopayCancelled') isCancelled = true;
    if (type === 'AutopayStopped' || type === 'AutopaySuspended') isActive = false;
    if (type === 'AutopayDebitAnnounced') {
      const { debitId, amount, payOn, notice } = data;
      expect(isActive && !isCancelled).toBe(true);
      expect(announced.has(debitId)).toBe(false);
      announced.set(debitId, { most: cents(amount.amount), payOn, on, required: notice.required });
    }
    if (type !== 'AutopayDebitPresented') continue;
    const { debitId, amount, paymentId } = data;
    const { most, payOn, on: told, required } = announced.get(debitId)!;
    expect(isActive).toBe(true);
    expect(cents(amount.amount)).toBeLessThanOrEqual(most);
    expect(on >= payOn && (!required || on >= addDays(told, noticeDays))).toBe(true);
    expect(payments.has(paymentId)).toBe(false);
    payments.add(paymentId);
    const all = [...(presentments.get(debitId) ?? []), on];
    presentments.set(debitId, all);
    expect(all.length <= 3 && on <= addDays(all[0]!, 180)).toBe(true);
  }
}

function cents(amount: string): number {
  return Number(amount.replace('.', ''));
}
