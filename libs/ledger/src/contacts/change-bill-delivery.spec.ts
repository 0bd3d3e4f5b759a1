import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened } from '../billing/account-examples.js';
import { ChangeBillDelivery } from './change-bill-delivery.js';

const effectiveAt = '2026-01-15T12:00:00.000Z';
const reached: AccountEvent = {
  type: 'ContactChanged',
  data: { contact: { email: 'v1.ZW1haWw' }, changed: ['email'], first: true, effectiveAt },
};
const on = { paperless: true, consent: 'electronic-records-2026-01' };
const turnedOn: AccountEvent = { type: 'BillDeliveryChanged', data: { ...on, effectiveAt } };

describe('ChangeBillDelivery', () => {
  it('turns paperless on with the text the customer agreed to, and off without (15 U.S.C. 7001(c))', () => {
    given(account, [accountOpened(), reached]).when(ChangeBillDelivery, on).then([turnedOn]);
    given(account, [accountOpened(), reached, turnedOn])
      .when(ChangeBillDelivery, { paperless: false })
      .then([{ type: 'BillDeliveryChanged', data: { paperless: false, effectiveAt } }]);
  });

  it('changes nothing that stands already: bills come on paper until somebody agrees', () => {
    given(account, [accountOpened(), reached, turnedOn]).when(ChangeBillDelivery, on).thenNothing();
    given(account, [accountOpened()]).when(ChangeBillDelivery, { paperless: false }).thenNothing();
  });

  it('needs consent and an e-mail address', () => {
    const at = given(account, [accountOpened(), reached]);
    at.when(ChangeBillDelivery, { paperless: true }).thenRejected('CONSENT_NEEDED', 'consent');
    given(account, [accountOpened()]).when(ChangeBillDelivery, on).thenRejected('PAPERLESS_NEEDS_EMAIL', 'paperless');
    given(account).when(ChangeBillDelivery, on).thenRejected('ACCOUNT_UNKNOWN');
  });
});
