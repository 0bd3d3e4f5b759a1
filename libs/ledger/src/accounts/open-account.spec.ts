import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountOpened } from '../billing/account-examples.js';
import { OpenAccount } from './open-account.js';

const body = { payBillNumber: '1234 5678 9012 44', currency: 'USD' };

describe('OpenAccount', () => {
  it('opens an account under its pay bill number in one currency', () => {
    given(account)
      .when(OpenAccount, { ...body, customerReference: 'C-77', openedOn: '2026-01-01' })
      .then([
        {
          type: 'AccountOpened',
          data: {
            accountId: '00000000-0000-4000-8000-00000000000a',
            payBillNumber: '12345678901244',
            currency: 'USD',
            customerReference: 'C-77',
            effectiveAt: '2026-01-01T00:00:00.000Z',
          },
        },
      ]);
  });

  it('counts from now when no day is named, and never from more than a day ahead', () => {
    const [event] = given(account).when(OpenAccount, body).events();
    expect(event?.data).toMatchObject({ effectiveAt: '2026-01-15T12:00:00.000Z' });
    given(account)
      .when(OpenAccount, { ...body, effectiveAt: '2026-02-01T00:00:00Z' })
      .thenRejected('EFFECTIVE_IN_FUTURE', 'effectiveAt');
    given(account)
      .when(OpenAccount, { ...body, openedOn: '2026-02-01' })
      .thenRejected('EFFECTIVE_IN_FUTURE', 'openedOn');
  });

  it('refuses to open an account twice or in a currency that does not exist', () => {
    given(account, [accountOpened()]).when(OpenAccount, body).thenRejected('ACCOUNT_EXISTS');
    given(account)
      .when(OpenAccount, { ...body, currency: 'ABC' })
      .thenRejected('CURRENCY_UNKNOWN', 'currency');
  });

  it('says which field of the body is not as it should be', () => {
    const paths = (change: object) =>
      OpenAccount.schema.safeParse({ ...body, ...change }).error?.issues.map((issue) => issue.path.join('/'));
    expect(paths({ payBillNumber: '1234 5678 9012 43' })).toEqual(['payBillNumber']);
    expect(paths({ currency: 'usd' })).toEqual(['currency']);
    expect(paths({ openedOn: '2026-01-01', effectiveAt: '2026-01-01T00:00:00Z' })).toEqual(['effectiveAt']);
  });
});
