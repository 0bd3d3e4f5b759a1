import { fold, given } from '#testing/event-sourcing';
import { AgreeArrangement } from '../arrangements/agree-arrangement.js';
import { Days } from '../autopay/autopay-examples.js';
import { CancelAutopay, StopAutopayDebit } from '../autopay/cancel-autopay.js';
import { AssessLateFee } from '../collections/assess-late-fee.js';
import { CollectAccount } from '../collections/collect-account.js';
import { CollectionPolicyVersion } from '../collections/collection-policy.js';
import { WriteOffDebt } from '../collections/write-off-debt.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { account } from './account.js';
import { accountOpened, billIssued, creditIssued, dataOf, paymentApplied, share, USD } from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { collectibleOf } from './collectible.js';
import { RefundPayment } from './refund-payment.js';

const creditId = '33333333-3333-4333-8333-333333333333';
const disputeId = '11111111-1111-4111-8111-111111111111';
const at = '2026-03-02T12:00:00.000Z';
const policy = CollectionPolicyVersion.parse({
  ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
  lateFee: { graceDays: 5, charge: { kind: 'percent', percent: '10' } },
  dunning: { steps: [{ step: 'notice', kind: 'final-notice', daysPastDue: 1 }] },
});
/** Due on 1 February. */
const billed = [accountOpened(), billIssued('B-1', '2026-02-01', ['60.00', '40.00'])];

const after = (past: readonly AccountEvent[], ...made: AccountEvent[]) => [...past, ...made];
const dispute = (past: readonly AccountEvent[], lineId?: string) => {
  const subject = lineId
    ? { kind: 'charge' as const, billNumber: 'B-1', lineId }
    : { kind: 'bill' as const, billNumber: 'B-1' };
  const when = given(account, past).when(
    OpenDispute,
    { subject, reason: 'not-received' },
    { at, commandId: disputeId },
  );
  return after(past, ...when.events());
};
const arrange = (past: readonly AccountEvent[]) => {
  const instalments = [{ dueOn: '2026-03-20', amount: '100.00' }];
  return after(past, ...given(account, past).when(AgreeArrangement, { instalments }, { at }).events());
};
const fee = (past: readonly AccountEvent[]) =>
  given(account, past).when(AssessLateFee, { billNumber: 'B-1', on: '2026-03-02', policy }, { at });
const collect = (past: readonly AccountEvent[]) =>
  given(account, past).when(CollectAccount, { on: '2026-03-02', policy }, { at });

describe('What is in dispute (12 CFR 1026.13(d); 52 Pa. Code §56.164)', () => {
  it('bears no late fee: it is reckoned on the rest', () => {
    expect(dataOf(fee(billed).events()[0], 'LateFeeAssessed')).toMatchObject({ amount: USD('10.00') });
    expect(dataOf(fee(dispute(billed, 'L2')).events()[0], 'LateFeeAssessed')).toMatchObject({
      ...{ amount: USD('6.00'), overdue: '60.00' },
    });
    fee(dispute(billed)).thenRejected('LATE_FEE_NOT_DUE');
  });

  it('is not dunned for, nor is the rest of its bill written off', () => {
    collect(dispute(billed)).thenNothing();
    given(account, dispute(billed, 'L2'))
      .when(WriteOffDebt, { reason: 'bankruptcy' }, { at })
      .thenRejected('NOTHING_TO_WRITE_OFF');
  });

  it('is collected again when the company is right, once the days to pay are over', () => {
    const past = dispute(billed);
    const resolve = { disputeId, outcome: 'company', reason: 'calls-confirmed' } as const;
    const [resolved] = given(account, past).when(ResolveDispute, resolve, { at }).events();
    const { payableBy } = dataOf(resolved, 'DisputeResolved');
    const on = (day: string) =>
      given(account, after(past, resolved!))
        .when(CollectAccount, { on: day, policy }, { at: '2026-06-01T12:00:00.000Z' })
        .events();
    expect(on(payableBy!)).toEqual([]);
    expect(on('2026-05-01').map(({ type }) => type)).toEqual(['LateFeeAssessed', 'DunningStepTaken']);
  });

  it('is not what was written off before: that is not on the books', () => {
    const writtenOff = after(
      billed,
      ...given(account, billed).when(WriteOffDebt, { reason: 'bankruptcy' }, { at }).events(),
    );
    given(account, writtenOff)
      .when(OpenDispute, { subject: { kind: 'bill', billNumber: 'B-1' }, reason: 'not-received' }, { at })
      .thenRejected('NOTHING_TO_DISPUTE', 'subject');
  });

  it('is not debited by autopay, and the rest is', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00', '40.00']));
    days.do(
      OpenDispute,
      { subject: { kind: 'charge', billNumber: 'B-1', lineId: 'L2' }, reason: 'not-received' },
      '2026-01-11',
    );
    days.run('2026-01-12');
    expect(days.last('AutopayDebitAnnounced').amount).toEqual(USD('60.00'));
    days.do(
      OpenDispute,
      { subject: { kind: 'charge', billNumber: 'B-1', lineId: 'L1' }, reason: 'not-received' },
      '2026-01-20',
    );
    expect(days.run('2026-02-06')).toEqual(['AutopayDebitDropped']);
    expect(days.last('AutopayDebitDropped').reason).toBe('put-off');
  });

  it('is debited after all when the company is right, once the days to pay are over', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['100.00']));
    days.run('2026-01-12');
    days.do(OpenDispute, { subject: { kind: 'bill', billNumber: 'B-1' }, reason: 'not-received' }, '2026-01-20');
    expect(days.run('2026-02-06')).toEqual(['AutopayDebitDropped']);
    const { disputeId: lost } = days.last('DisputeOpened');
    days.do(ResolveDispute, { disputeId: lost, outcome: 'company', reason: 'calls-confirmed' }, '2026-02-10');
    expect(days.run('2026-02-20')).toEqual([]);
    expect(days.run('2026-02-21')).toEqual(['AutopayDebitAnnounced']);
    expect(days.last('AutopayDebitAnnounced')).toMatchObject({ amount: USD('100.00'), payOn: '2026-03-03' });
  });
});

describe('What is under an arrangement (52 Pa. Code §56.97)', () => {
  it('bears no late fee, is not dunned for, written off or debited', () => {
    const past = arrange(billed);
    fee(past).thenRejected('LATE_FEE_NOT_DUE');
    collect(past).thenNothing();
    given(account, past).when(WriteOffDebt, { reason: 'bankruptcy' }, { at }).thenRejected('NOTHING_TO_WRITE_OFF');
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['100.00']));
    days.do(AgreeArrangement, { instalments: [{ dueOn: '2026-02-20', amount: '100.00' }] }, '2026-01-11');
    expect(days.run('2026-01-12')).toEqual([]);
  });
});

describe('What credit of the account covers (AQ2; 52 Pa. Code §56.24: prior service before current)', () => {
  const credited = (amount: string) => after(billed, creditIssued(creditId, amount));

  it('is of each bill what credit is left for when all that was due before it is covered, and may be collected', () => {
    const two = after(credited('130.00'), billIssued('B-2', '2026-02-15', ['50.00']));
    const on = (past: readonly AccountEvent[], billNumber: string) =>
      collectibleOf(fold(account, past), billNumber, '2026-03-02');
    expect(on(two, 'B-1')).toMatchObject({ open: 10_000n, covered: 10_000n, collectible: 0n });
    expect(on(two, 'B-2')).toMatchObject({ open: 5_000n, covered: 3_000n, collectible: 2_000n });
    // What is in dispute needs no credit, which is there for the rest.
    const disputed = dispute(two, 'L2');
    expect(on(disputed, 'B-1')).toMatchObject({ disputed: 4_000n, covered: 6_000n, collectible: 0n });
    expect(on(disputed, 'B-2')).toMatchObject({ covered: 5_000n, collectible: 0n });
  });

  it('bears no late fee: it is reckoned on the rest', () => {
    fee(credited('100.00')).thenRejected('LATE_FEE_NOT_DUE');
    expect(dataOf(fee(credited('70.00')).events()[0], 'LateFeeAssessed')).toMatchObject({
      ...{ amount: USD('3.00'), overdue: '30.00' },
    });
  });

  it('is not dunned for, and the rest is', () => {
    collect(credited('100.00')).thenNothing();
    const [, step] = collect(credited('70.00')).events();
    expect(dataOf(step, 'DunningStepTaken').amount).toEqual(USD('33.00'));
  });

  it('is not written off: credit is laid on the bill first, and the rest is lost', () => {
    const writeOff = (amount: string, body = {}) =>
      given(account, credited(amount)).when(WriteOffDebt, { reason: 'bankruptcy', ...body }, { at });
    writeOff('100.00').thenRejected('NOTHING_TO_WRITE_OFF');
    writeOff('100.00', { billNumber: 'B-1' }).thenRejected('NOTHING_TO_WRITE_OFF');
    const [laid, off] = writeOff('70.00').events();
    const from = { sourceId: creditId, sourceKind: 'credit' };
    expect(dataOf(laid, 'CreditApplied')).toMatchObject({
      ...{ amount: USD('70.00'), effectiveAt: at },
      allocations: [
        { ...share('B-1/L1 60.00'), ...from },
        { ...share('B-1/L2 10.00'), ...from },
      ],
    });
    expect(dataOf(off, 'DebtWrittenOff')).toMatchObject({ amount: USD('30.00'), lines: [share('B-1/L2 30.00')] });
    expect(writeOff('70.00').state()).toMatchObject({ open: 0n, credit: 0n, writtenOff: 3_000n });
  });

  it('is not debited by autopay, and the rest is (PA6)', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']), creditIssued(creditId, '25.00'));
    days.run('2026-01-12');
    expect(days.last('AutopayDebitAnnounced').amount).toEqual(USD('35.00'));
    days.happens(creditIssued(disputeId, '5.00'));
    expect(days.run('2026-02-06')).toEqual(['AutopayDebitPresented']);
    expect(days.last('AutopayDebitPresented').amount).toEqual(USD('30.00'));
  });

  it('is debited by autopay after all when the credit has gone to something else', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    days.run('2026-01-12');
    const paymentId = '44444444-4444-4444-8444-444444444444';
    days.happens(paymentApplied(paymentId, '60.00', [], '60.00'));
    expect(days.run('2026-02-06')).toEqual(['AutopayDebitDropped']);
    expect(days.last('AutopayDebitDropped').reason).toBe('covered-by-credit');
    expect(days.run('2026-02-09')).toEqual([]);
    days.do(RefundPayment, { paymentId, reason: 'customer-asked' }, '2026-02-10');
    expect(days.run('2026-02-11')).toEqual(['AutopayDebitAnnounced']);
    expect(days.last('AutopayDebitAnnounced').amount).toEqual(USD('60.00'));
  });
});

describe('What autopay debits for the first time (PA6; 12 CFR 1005.10(d))', () => {
  const untold = () => new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
  /** Ten days of notice, the last of them a Sunday: the bill of Friday, the 6th, is debited on Monday, the 9th. */
  const told = () => {
    const days = untold();
    days.run('2026-01-30');
    expect(days.last('AutopayDebitAnnounced').payOn).toBe('2026-02-09');
    return days;
  };
  const collected = (days: Days, on: string) =>
    given(account, days.events)
      .when(CollectAccount, { on, policy }, { at: `${on}T12:00:00.000Z` })
      .events()
      .map(({ type }) => type);
  const LATE = ['LateFeeAssessed', 'DunningStepTaken'];

  it('bears no late fee and is not dunned for while the debit is ahead, though the bill be due before it', () => {
    expect(collected(told(), '2026-02-08')).toEqual([]);
    // The run of the 9th never came.
    expect(collected(told(), '2026-02-20')).toEqual([]);
    expect(collected(untold(), '2026-02-20')).toEqual([]);
    const inPart = told().happens(billIssued('B-0', '2026-01-01', ['9.00']));
    expect(collected(inPart, '2026-02-20')).toEqual(LATE);
  });

  it('nor while it is at the bank, and when it comes back the bill is late', () => {
    const days = told();
    days.run('2026-02-09');
    expect(collected(days, '2026-02-20')).toEqual([]);
    expect(collectibleOf(days.state, 'B-1', '2026-02-20')).toMatchObject({ debited: 6_000n, collectible: 0n });
    days.comesBack('R01', '2026-02-11');
    expect(collected(days, '2026-02-20')).toEqual(LATE);
    days.run('2026-02-12');
    expect(days.last('AutopayDebitRescheduled').payOn).toBe('2026-02-17');
    expect(collected(days, '2026-02-20')).toEqual(LATE);
  });

  it('is late like any other bill when the customer stops the debit or ends autopay', () => {
    const stopped = told();
    stopped.do(StopAutopayDebit, { debitId: '1' }, '2026-02-01');
    expect(collected(stopped, '2026-02-20')).toEqual(LATE);
    const ended = told();
    ended.do(CancelAutopay, { reason: 'customer-asked' }, '2026-02-01');
    expect(collected(ended, '2026-02-20')).toEqual(LATE);
    const before = new Days({}, '2026-02-07').happens(billIssued('B-1', '2026-02-06', ['60.00']));
    expect(collected(before, '2026-02-20')).toEqual(LATE);
  });

  it('leaves credit to other bills while it is at the bank', () => {
    const days = told();
    days.run('2026-02-09');
    days.happens(creditIssued(creditId, '50.00'), billIssued('B-2', '2026-02-10', ['50.00']));
    expect(collectibleOf(days.state, 'B-2', '2026-02-20')).toMatchObject({ covered: 5_000n, collectible: 0n });
  });
});

it('A dispute is granted in full beside a bill that is written off', () => {
  const past = dispute(billed, 'L2');
  const both = after(past, billIssued('B-2', '2026-02-02', ['5.00']));
  const off = after(both, ...given(account, both).when(WriteOffDebt, { reason: 'bankruptcy' }, { at }).events());
  expect(fold(account, off)).toMatchObject({ writtenOff: 500n });
  const granted = given(account, off).when(ResolveDispute, { disputeId, outcome: 'customer', reason: 'error' }, { at });
  expect(granted.state()).toMatchObject({ open: 6000n, writtenOff: 500n });
  expect(dataOf(granted.events()[0], 'ChargeReversed').disputes).toEqual([{ disputeId, amount: '40.00' }]);
});
