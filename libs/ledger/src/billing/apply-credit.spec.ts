import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, billIssued, creditIssued, dataOf, share, USD } from './account-examples.js';
import { ApplyCredit } from './apply-credit.js';

const past = [
  accountOpened(),
  creditIssued('c1', '4.00'),
  creditIssued('c2', '8.00'),
  billIssued('B-1', '2026-03-01', ['10.00']),
  billIssued('B-2', '2026-02-01', ['3.00']),
];
const from = (sourceId: string, text: string) => ({ ...share(text), sourceId, sourceKind: 'credit' });

describe('ApplyCredit', () => {
  it('lays all credit on open bills, oldest due first, the first credit in being the first out', () => {
    const applied = given(account, past).when(ApplyCredit, {});
    expect(dataOf(applied.events()[0], 'CreditApplied')).toMatchObject({
      amount: USD('12.00'),
      allocations: [from('c1', 'B-2/L1 3.00'), from('c1', 'B-1/L1 1.00'), from('c2', 'B-1/L1 8.00')],
    });
    expect(applied.state()).toMatchObject({ open: 100n, credit: 0n, creditSources: [] });
  });

  it('does what it is instructed to and nothing more', () => {
    const [event] = given(account, past)
      .when(ApplyCredit, { allocation: [{ billNumber: 'B-1', lineId: 'L1', amount: '5' }] })
      .events();
    expect(dataOf(event, 'CreditApplied')).toMatchObject({
      amount: USD('5.00'),
      allocations: [from('c1', 'B-1/L1 4.00'), from('c2', 'B-1/L1 1.00')],
    });
  });

  it('refuses when there is no credit or nothing to lay it on', () => {
    given(account, [accountOpened()]).when(ApplyCredit, {}).thenRejected('NO_CREDIT');
    given(account, past.slice(0, 3)).when(ApplyCredit, {}).thenRejected('NOTHING_TO_APPLY');
    given(account, [accountOpened(), accountClosed]).when(ApplyCredit, {}).thenRejected('ACCOUNT_CLOSED');
    given(account, past)
      .when(ApplyCredit, {
        allocation: [
          { billNumber: 'B-1', amount: '10' },
          { billNumber: 'B-2', amount: '3' },
        ],
      })
      .thenRejected('ALLOCATION_EXCEEDS_PAYMENT', 'allocation/1/amount');
  });
});
