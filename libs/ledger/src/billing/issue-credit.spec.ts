import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, billIssued, dataOf, share, USD } from './account-examples.js';
import { IssueCredit } from './issue-credit.js';

const credit = { amount: USD('15.00'), reason: 'service-outage' } as const;
const owing = [accountOpened(), billIssued('B-1', '2026-02-01', ['10.00'])];

describe('IssueCredit', () => {
  it('settles open bills like a payment and keeps the rest as credit (CS5)', () => {
    const commandId = '11111111-1111-4111-8111-111111111111';
    const issued = given(account, owing).when(IssueCredit, credit, { commandId });
    expect(dataOf(issued.events()[0], 'CreditIssued')).toEqual({
      creditId: commandId,
      amount: USD('15.00'),
      reason: 'service-outage',
      allocations: [share('B-1/L1 10.00')],
      unapplied: '5.00',
      allocationPolicy: 'instructed-then-oldest-due-first/2',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    });
    expect(issued.state()).toMatchObject({ open: 0n, credit: 500n });
  });

  it('refuses an unknown or closed account, another currency and an amount that is not positive', () => {
    given(account).when(IssueCredit, credit).thenRejected('ACCOUNT_UNKNOWN');
    given(account, [accountOpened(), accountClosed]).when(IssueCredit, credit).thenRejected('ACCOUNT_CLOSED');
    given(account, owing)
      .when(IssueCredit, { ...credit, amount: { amount: '1', currency: 'EUR' } })
      .thenRejected('CURRENCY_MISMATCH', 'amount/currency');
    given(account, owing)
      .when(IssueCredit, { ...credit, amount: USD('0.00') })
      .thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
  });

  it('takes its reason from a closed list', () => {
    expect(IssueCredit.schema.safeParse({ ...credit, reason: 'because' }).error?.issues[0]?.path).toEqual(['reason']);
  });
});
