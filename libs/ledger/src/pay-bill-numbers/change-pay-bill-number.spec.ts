import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountClosed, accountOpened, at } from '../billing/account-examples.js';
import { ChangePayBillNumber } from './change-pay-bill-number.js';

const first = '12345678901244';
const second = '58206417393513';
const body = { payBillNumber: second, because: 'new-number', reason: 'number-misused' } as const;

describe('ChangePayBillNumber', () => {
  it('prints the new number on bills, and keeps the old one as a number of the account (ID2)', () => {
    const change = given(account, [accountOpened()]).when(ChangePayBillNumber, body);
    change.then([{ type: 'PayBillNumberChanged', data: { ...body, former: first, effectiveAt: at } }]);
    expect(change.state()).toMatchObject({ payBillNumber: second, ownNumbers: [first, second] });
  });

  it('makes the number of a consolidation none of the account’s own (ID3)', () => {
    const joined = given(account, [accountOpened()]).when(ChangePayBillNumber, { ...body, because: 'consolidated' });
    expect(joined.state()).toMatchObject({ payBillNumber: second, ownNumbers: [first] });
  });

  it('changes nothing when bills print the number already', () => {
    given(account, [accountOpened()])
      .when(ChangePayBillNumber, { ...body, payBillNumber: first })
      .thenNothing();
  });

  it('takes no number that the account has had for a new one', () => {
    const past = [accountOpened(), ...given(account, [accountOpened()]).when(ChangePayBillNumber, body).events()];
    given(account, past)
      .when(ChangePayBillNumber, { ...body, payBillNumber: first })
      .thenNothing();
  });

  it('is refused to an account that is not open, and for a number whose check digits do not hold (VE1)', () => {
    given(account).when(ChangePayBillNumber, body).thenRejected('ACCOUNT_UNKNOWN');
    given(account, [accountOpened(), accountClosed]).when(ChangePayBillNumber, body).thenRejected('ACCOUNT_CLOSED');
    const parsed = ChangePayBillNumber.schema.safeParse({ ...body, payBillNumber: '58206417393514' });
    expect(parsed.error?.issues[0]?.path).toEqual(['payBillNumber']);
  });
});
