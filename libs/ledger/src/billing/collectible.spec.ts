import { fold, given } from '#testing/event-sourcing';
import { AgreeArrangement } from '../arrangements/agree-arrangement.js';
import { Days } from '../autopay/autopay-examples.js';
import { AssessLateFee } from '../collections/assess-late-fee.js';
import { CollectAccount } from '../collections/collect-account.js';
import { CollectionPolicyVersion } from '../collections/collection-policy.js';
import { WriteOffDebt } from '../collections/write-off-debt.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { account } from './account.js';
import { accountOpened, billIssued, dataOf, USD } from './account-examples.js';
import { type AccountEvent } from './account-events.js';

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

it('A dispute is granted in full beside a bill that is written off', () => {
  const past = dispute(billed, 'L2');
  const both = after(past, billIssued('B-2', '2026-02-02', ['5.00']));
  const off = after(both, ...given(account, both).when(WriteOffDebt, { reason: 'bankruptcy' }, { at }).events());
  expect(fold(account, off)).toMatchObject({ writtenOff: 500n });
  const granted = given(account, off).when(ResolveDispute, { disputeId, outcome: 'customer', reason: 'error' }, { at });
  expect(granted.state()).toMatchObject({ open: 6000n, writtenOff: 500n });
  expect(dataOf(granted.events()[0], 'ChargeReversed').disputes).toEqual([{ disputeId, amount: '40.00' }]);
});
