import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountClosed, accountOpened, at, billIssued, creditIssued } from '../billing/account-examples.js';
import { CloseAccount } from './close-account.js';

const body = { reason: 'moved-away' };

describe('CloseAccount', () => {
  it('closes an account that owes nothing and is owed nothing (AC5)', () => {
    given(account, [accountOpened()])
      .when(CloseAccount, body)
      .then([{ type: 'AccountClosed', data: { reason: 'moved-away', effectiveAt: at } }]);
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
