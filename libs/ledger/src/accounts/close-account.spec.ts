import { given } from '#testing/event-sourcing';
import { ApproveAdjustment, RefuseAdjustment } from '../adjustments/decide-adjustment.js';
import { ProposeAdjustment } from '../adjustments/propose-adjustment.js';
import { AgreeArrangement } from '../arrangements/agree-arrangement.js';
import { AdvanceAutopay } from '../autopay/advance-autopay.js';
import { Days } from '../autopay/autopay-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  accountClosed,
  accountOpened,
  at,
  billIssued,
  creditIssued,
  dataOf,
  paymentApplied,
  USD,
} from '../billing/account-examples.js';
import { RecordReturn } from '../billing/record-return.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { CloseAccount } from './close-account.js';

const body = { reason: 'moved-away' };

describe('CloseAccount', () => {
  it('closes an account that owes nothing and is owed nothing (AC5)', () => {
    given(account, [accountOpened()])
      .when(CloseAccount, body)
      .then([{ type: 'AccountClosed', data: { reason: 'moved-away', effectiveAt: at } }]);
  });

  it('keeps that what was not billed is forgone', () => {
    given(account, [accountOpened()])
      .when(CloseAccount, { ...body, unbilled: 'forgone' })
      .then([{ type: 'AccountClosed', data: { reason: 'moved-away', unbilled: 'forgone', effectiveAt: at } }]);
  });

  it('refuses while a bill is open or credit is left', () => {
    given(account, [accountOpened(), billIssued('B-1', '2026-02-01', ['0.01'])])
      .when(CloseAccount, body)
      .thenRejected('ACCOUNT_HAS_BALANCE');
    given(account, [accountOpened(), creditIssued('c1', '0.01')])
      .when(CloseAccount, body)
      .thenRejected('ACCOUNT_HAS_BALANCE');
  });

  it('refuses an account that is unknown or closed already', () => {
    given(account).when(CloseAccount, body).thenRejected('ACCOUNT_UNKNOWN');
    given(account, [accountOpened(), accountClosed]).when(CloseAccount, body).thenRejected('ACCOUNT_CLOSED');
  });
});

describe('CloseAccount and what stands on the account', () => {
  const paymentId = '00000000-0000-4000-8000-000000000001';
  const paid = paymentApplied(paymentId, '40.00', ['B-1/L1 40.00']);
  const billed: AccountEvent[] = [accountOpened(), billIssued('B-1', '2026-01-31', ['40.00'])];
  const settled: AccountEvent[] = [...billed, paid];

  it('waits for an open dispute, for the decision may leave credit; and a payment may be disputed afterwards (CS2, VE1)', () => {
    const dispute = { subject: { kind: 'payment', paymentId }, reason: 'unauthorized' } as const;
    const opened = given(account, settled).when(OpenDispute, dispute).events();
    const disputed = [...settled, ...opened];
    given(account, disputed).when(CloseAccount, body).thenRejected('DISPUTE_OPEN');
    const { disputeId } = dataOf(opened[0], 'DisputeOpened');
    const decided = (outcome: 'company' | 'customer') =>
      given(account, disputed).when(ResolveDispute, { disputeId, outcome, reason: 'checked' }).events();
    given(account, [...disputed, ...decided('customer')])
      .when(CloseAccount, body)
      .thenRejected('ACCOUNT_HAS_BALANCE');
    const closed = given(account, [...disputed, ...decided('company')]).when(CloseAccount, body);
    closed.then([{ type: 'AccountClosed', data: { reason: 'moved-away', effectiveAt: at } }]);
    const later = given(account, [...settled, accountClosed]).when(OpenDispute, dispute);
    expect(later.events()).toHaveLength(1);
  });

  it('waits for the second person where an adjustment is proposed (CS5)', () => {
    const adjustment = { kind: 'credit', amount: USD('500.00'), reason: 'goodwill' } as const;
    const proposed = given(account, settled)
      .when(ProposeAdjustment, { adjustment, by: { actor: 'agent:1', role: 'agent' } })
      .events();
    const pending = [...settled, ...proposed];
    given(account, pending).when(CloseAccount, body).thenRejected('ADJUSTMENT_PENDING');
    const { adjustmentId } = dataOf(proposed[0], 'AdjustmentProposed');
    const by = { actor: 'finance:1', role: 'finance' } as const;
    const approved = given(account, pending).when(ApproveAdjustment, { adjustmentId, by }).events();
    given(account, [...pending, ...approved])
      .when(CloseAccount, body)
      .thenRejected('ACCOUNT_HAS_BALANCE');
    const refused = given(account, pending).when(RefuseAdjustment, { adjustmentId, reason: 'no', by }).events();
    expect(
      given(account, [...pending, ...refused])
        .when(CloseAccount, body)
        .state().status,
    ).toBe('closed');
  });

  it('completes an arrangement all of which is paid, so that a return afterwards breaks none (CS3)', () => {
    const instalments = [
      { dueOn: '2026-01-20', amount: '25.00' },
      { dueOn: '2026-02-20', amount: '15.00' },
    ];
    const agreed = given(account, billed).when(AgreeArrangement, { instalments }).events();
    given(account, [...billed, ...agreed])
      .when(CloseAccount, body)
      .thenRejected('ACCOUNT_HAS_BALANCE');
    const past = [...billed, ...agreed, paid];
    const closing = given(account, past).when(CloseAccount, body);
    expect(closing.events().map(({ type }) => type)).toEqual([
      ...['InstalmentKept', 'InstalmentKept', 'ArrangementCompleted', 'AccountClosed'],
    ]);
    const back = { paymentId, returnCode: 'R01', reason: 'insufficient-funds' };
    const returned = given(account, [...past, ...closing.events()]).when(RecordReturn, back);
    expect(returned.state()).toMatchObject({ open: 4000n, arrangement: undefined, brokenArrangements: [] });
  });
});

describe('CloseAccount and autopay (12 CFR 1005.10(b): the authorization was for this account)', () => {
  const enrolled = () => new Days({}, '2026-01-02').happens(billIssued('B-1', '2026-01-31', ['40.00']));
  const paid = paymentApplied('00000000-0000-4000-8000-000000000001', '40.00', ['B-1/L1 40.00']);

  it('drops what was announced and tells that autopay has ended', () => {
    const days = enrolled();
    expect(days.run('2026-01-10')).toEqual(['AutopayDebitAnnounced']);
    days.happens(paid);
    expect(days.do(CloseAccount, body, '2026-01-15')).toEqual([
      ...['AutopayDebitDropped', 'AutopayStopped', 'AccountClosed'],
    ]);
    expect(days.last('AutopayStopped').code).toBe('account-closed');
    expect(days.state.autopay).toMatchObject({
      enrollment: { status: 'stopped', code: 'account-closed' },
      debits: [{ status: 'dropped', reason: 'account-closed' }],
    });
    expect(days.do(AdvanceAutopay, { date: '2026-02-10', run: '2026-02-10' }, '2026-02-10')).toEqual([]);
  });

  it('waits for a debit that is at the bank: its money would find no account that takes it', () => {
    const days = enrolled();
    days.run('2026-01-10');
    const { payOn } = days.state.autopay.debits[0]!;
    expect(days.run(payOn)).toEqual(['AutopayDebitPresented']);
    days.happens(paid);
    given(account, days.events).when(CloseAccount, body).thenRejected('AUTOPAY_DEBIT_UNDERWAY');
  });

  it('tells nothing of an authorization that the customer has ended already', () => {
    const days = new Days({}, '2026-01-02');
    const data = { enrollmentId: days.last('AutopayEnrolled').enrollmentId, reason: 'asked', effectiveAt: at };
    days.happens({ type: 'AutopayCancelled', data });
    expect(days.do(CloseAccount, body, '2026-01-15')).toEqual(['AccountClosed']);
  });
});
