import { fold, given } from '#testing/event-sourcing';
import { ProposeAdjustment } from '../adjustments/propose-adjustment.js';
import { AgreeArrangement } from '../arrangements/agree-arrangement.js';
import { CancelArrangement } from '../arrangements/cancel-arrangement.js';
import { AdvanceAutopay } from '../autopay/advance-autopay.js';
import { Days } from '../autopay/autopay-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened, billIssued, dataOf } from '../billing/account-examples.js';
import { type AccountState } from '../billing/account-state.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { AssessLateFee } from '../collections/assess-late-fee.js';
import { CollectionPolicyVersion } from '../collections/collection-policy.js';
import { WaiveLateFee } from '../collections/waive-late-fee.js';
import { ReinstateDebt, WriteOffDebt } from '../collections/write-off-debt.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { postingsOf } from '../journal/postings.js';
import { movedBalance } from './moved-balance.js';
import { ReceiveBalance } from './receive-balance.js';
import { TransferBalance } from './transfer-balance.js';

const id = (last: string) => `00000000-0000-4000-8000-0000000000${last}`;
const [FROM, SUCCESSOR, TRANSFER] = [id('0a'), id('0b'), id('0c')];
const merger = {
  transferId: TRANSFER,
  successorId: SUCCESSOR,
  kind: 'merger',
  moves: 'all',
  reason: 'duplicate-account',
} as const;
const billed: AccountEvent[] = [accountOpened(), billIssued('B-1', '2026-01-31', ['40.00'])];

/** What a command adds to a history. */
const after = (past: readonly AccountEvent[], ...made: readonly (readonly AccountEvent[])[]) => [
  ...past,
  ...made.flat(),
];

/** Both halves of a merger; what the successor comes to. */
function merged(from: readonly AccountEvent[], to: readonly AccountEvent[] = [accountOpened()]): AccountState {
  const before = fold(account, from);
  const left = given(account, from).when(TransferBalance, merger).events();
  const body = ReceiveBalance.schema.parse(movedBalance(before, FROM, left));
  return given(account, to).when(ReceiveBalance, body, { id: SUCCESSOR }).state();
}

describe('A transfer and what customer service has begun on the account (CS2, CS3, CS5)', () => {
  const dispute = given(account, billed)
    .when(OpenDispute, { subject: { kind: 'bill', billNumber: 'B-1' }, reason: 'not-received' })
    .events();
  const { disputeId } = dataOf(dispute[0], 'DisputeOpened');

  it('waits for an open dispute, whatever it would move, and goes on once it is resolved', () => {
    const disputed = after(billed, dispute);
    for (const moves of ['all', 'debt', 'credit'] as const) {
      given(account, disputed)
        .when(TransferBalance, { ...merger, moves })
        .thenRejected('DISPUTE_OPEN');
    }
    const resolved = given(account, disputed)
      .when(ResolveDispute, { disputeId, outcome: 'company', reason: 'checked' })
      .events();
    expect(merged(after(disputed, resolved)).open).toBe(4000n);
  });

  it('waits for a second person where an adjustment is proposed', () => {
    const adjustment = { kind: 'credit', amount: { amount: '500.00', currency: 'USD' }, reason: 'goodwill' } as const;
    const proposed = given(account, billed)
      .when(ProposeAdjustment, { adjustment, by: { actor: 'agent:1', role: 'agent' } })
      .events();
    expect(proposed.map(({ type }) => type)).toEqual(['AdjustmentProposed']);
    given(account, after(billed, proposed)).when(TransferBalance, merger).thenRejected('ADJUSTMENT_PENDING');
  });

  it('leaves no arrangement behind: it is cancelled first, and credit alone may move beside it', () => {
    const agreed = given(account, billed)
      .when(AgreeArrangement, { instalments: [{ dueOn: '2026-01-20', amount: '40.00' }] })
      .events();
    const past = after(billed, agreed);
    given(account, past).when(TransferBalance, merger).thenRejected('ARRANGEMENT_EXISTS');
    given(account, past)
      .when(TransferBalance, { ...merger, moves: 'credit' })
      .thenRejected('NOTHING_TO_TRANSFER');
    const { arrangementId } = dataOf(agreed[0], 'ArrangementAgreed');
    const cancelled = given(account, past).when(CancelArrangement, { arrangementId, reason: 'merged' }).events();
    expect(merged(after(past, cancelled)).open).toBe(4000n);
  });
});

describe('A transfer and the autopay of the account (12 CFR 1005.10(b): an authorization is for one account)', () => {
  const enrolled = () => new Days({}, '2026-01-02').happens(billIssued('B-1', '2026-01-31', ['40.00']));

  it('drops what was announced and ends the enrolment, so that nothing is debited any more', () => {
    const days = enrolled();
    expect(days.run('2026-01-10')).toEqual(['AutopayDebitAnnounced']);
    const left = days.do(TransferBalance, merger, '2026-01-15');
    expect(left).toEqual(['AutopayDebitDropped', 'AutopayStopped', 'CreditIssued', 'AccountTransferred']);
    expect(days.state.autopay).toMatchObject({
      enrollment: { status: 'stopped', code: 'account-transferred' },
      debits: [{ status: 'dropped', reason: 'account-transferred' }],
    });
    expect(days.do(AdvanceAutopay, { date: '2026-02-10', run: '2026-02-10' }, '2026-02-10')).toEqual([]);
  });

  it('waits for a debit that is at the bank: the successor could be debited for the same bill', () => {
    const days = enrolled();
    days.run('2026-01-10');
    const { payOn } = days.state.autopay.debits[0]!;
    expect(days.run(payOn)).toEqual(['AutopayDebitPresented']);
    given(account, days.events).when(TransferBalance, merger).thenRejected('AUTOPAY_DEBIT_UNDERWAY');
  });

  it('keeps the autopay where the account stays', () => {
    const days = enrolled();
    expect(days.do(TransferBalance, { ...merger, moves: 'debt' }, '2026-01-05')).toEqual(['CreditIssued']);
    expect(days.state.autopay.enrollment?.status).toBe('active');
  });
});

describe('A transfer and what collections have done (PA7)', () => {
  const lateFee = { graceDays: 5, charge: { kind: 'percent', percent: '1.25' } };
  const policy = CollectionPolicyVersion.parse({
    version: 'test/1',
    validFrom: '2020-01-01',
    currency: 'USD',
    lateFee,
  });
  const [at, later] = ['2026-02-10T12:00:00.000Z', '2026-03-31T12:00:00.000Z'];
  const late = after(
    billed,
    given(account, billed).when(AssessLateFee, { billNumber: 'B-1', policy }, { at }).events(),
  );

  it('brings the late fee over as one: no other is charged on the bill, and its income is given back when it is waived', () => {
    const successor = merged(late);
    expect(successor.open).toBe(4050n);
    expect(successor.bills.get('B-1')).toMatchObject({
      hadLateFee: true,
      lines: [{ isLateFee: false }, { isLateFee: true, total: 50n }],
    });
    const context = { id: SUCCESSOR, commandId: id('0d'), at: later };
    expect(() => AssessLateFee.decide({ billNumber: 'B-1', policy, on: undefined }, successor, context)).toThrow(
      expect.objectContaining({ code: 'LATE_FEE_ASSESSED' }) as Error,
    );
    const [waived] = WaiveLateFee.decide({ billNumber: 'B-1', reason: 'goodwill' }, successor, context);
    expect(postingsOf(waived!)).toContainEqual(expect.objectContaining({ account: 'Late Fee Income', amount: '0.50' }));
  });

  it('charges no second fee on a bill whose first was paid before it moved', () => {
    const waived = given(account, late).when(WaiveLateFee, { billNumber: 'B-1', reason: 'goodwill' }, { at }).events();
    const successor = merged(after(late, waived));
    expect(successor.bills.get('B-1')).toMatchObject({ hadLateFee: true, lines: [{ isLateFee: false }] });
    const context = { id: SUCCESSOR, commandId: id('0d'), at: later };
    expect(() => AssessLateFee.decide({ billNumber: 'B-1', policy, on: undefined }, successor, context)).toThrow(
      expect.objectContaining({ code: 'LATE_FEE_ASSESSED' }) as Error,
    );
  });

  it('leaves debt that is written off where it is: it can be paid there, or reinstated and follow', () => {
    const off = given(account, billed).when(WriteOffDebt, { billNumber: 'B-1', reason: 'bankruptcy' }).events();
    const written = after(billed, off);
    const left = given(account, written).when(TransferBalance, merger).events();
    expect(left.map(({ type }) => type)).toEqual(['AccountTransferred']);
    const closed = after(written, left);
    expect(fold(account, closed)).toMatchObject({ status: 'closed', open: 0n, writtenOff: 4000n });
    const paying = {
      amount: { amount: '40.00', currency: 'USD' },
      channel: 'online',
      method: { kind: 'cash' },
    } as const;
    const paid = given(account, closed).when(ApplyPayment, paying).state();
    expect(paid).toMatchObject({ open: 0n, writtenOff: 0n, credit: 0n });
    const again = after(closed, given(account, closed).when(ReinstateDebt, { reason: 'in-error' }).events());
    const follows = given(account, again)
      .when(TransferBalance, { ...merger, moves: 'debt' })
      .events();
    const body = ReceiveBalance.schema.parse(movedBalance(fold(account, again), FROM, follows));
    const successor = given(account, [accountOpened()]).when(ReceiveBalance, body, { id: SUCCESSOR }).state();
    expect(successor).toMatchObject({ open: 4000n, writtenOff: 0n });
    expect(fold(account, after(again, follows))).toMatchObject({ open: 0n, writtenOff: 0n });
  });
});
