import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, at, USD } from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { ApplyPayment } from './apply-payment.js';
import { HoldPayments } from './hold-payments.js';
import { ReleaseHold } from './release-hold.js';

const h1 = 'aaaaaaaa-0000-4000-8000-000000000001';
const h2 = 'aaaaaaaa-0000-4000-8000-000000000002';
const held = (holdId: string): AccountEvent => ({
  type: 'PaymentsHeld',
  data: { holdId, reason: 'card-testing', effectiveAt: at },
});
const released = (holdId: string): AccountEvent => ({
  type: 'PaymentsReleased',
  data: { holdId, reason: 'dismissed', effectiveAt: at },
});
const hold = (history: readonly AccountEvent[], holdId = h1) =>
  given(account, history).when(HoldPayments, { holdId, reason: 'card-testing' });
const release = (history: readonly AccountEvent[], holdId = h1) =>
  given(account, history).when(ReleaseHold, { holdId, reason: 'dismissed' });
const pay = (history: readonly AccountEvent[]) =>
  given(account, history).when(ApplyPayment, { amount: USD('1.00'), channel: 'online', method: { kind: 'card' } });

describe('HoldPayments and ReleaseHold', () => {
  it('hold an account’s payments and let them go again (SE3)', () => {
    hold([accountOpened()]).then([held(h1)]);
    pay([accountOpened(), held(h1)]).thenRejected('PAYMENTS_HELD');
    release([accountOpened(), held(h1)]).then([released(h1)]);
    expect(pay([accountOpened(), held(h1), released(h1)]).events()).toHaveLength(1);
  });

  it('keep payments held until the last of several holds is released', () => {
    const history = [accountOpened(), held(h1), held(h2)];
    expect(hold([accountOpened(), held(h1)], h2).state().holds).toEqual([h1, h2]);
    pay([...history, released(h1)]).thenRejected('PAYMENTS_HELD');
    expect(pay([...history, released(h1), released(h2)]).events()).toHaveLength(1);
  });

  it('do nothing for a hold that stands already, however its id is written', () => {
    hold([accountOpened(), held(h1)]).thenNothing();
    hold([accountOpened(), held(h1)], h1.toUpperCase()).thenNothing();
    expect(release([accountOpened(), held(h1)], h1.toUpperCase()).state().holds).toEqual([]);
  });

  it('refuse to release what does not stand', () => {
    release([accountOpened()]).thenRejected('HOLD_UNKNOWN', 'holdId');
    release([accountOpened(), held(h1), released(h1)]).thenRejected('HOLD_UNKNOWN', 'holdId');
    release([accountOpened(), held(h1)], h2).thenRejected('HOLD_UNKNOWN', 'holdId');
  });

  it('tell a payer which hold to ask about, and never why it was placed', () => {
    const refused = () => pay([accountOpened(), held(h1)]).events();
    expect(refused).toThrow(`ask the fraud desk to release hold ${h1}`);
    expect(refused).not.toThrow('card-testing');
  });

  it('refuse to hold an account that is closed or unknown, and release a hold that a closed account still has', () => {
    hold([accountOpened(), accountClosed]).thenRejected('ACCOUNT_CLOSED');
    hold([]).thenRejected('ACCOUNT_UNKNOWN');
    release([]).thenRejected('ACCOUNT_UNKNOWN');
    expect(release([accountOpened(), held(h1), accountClosed]).state()).toMatchObject({ status: 'closed', holds: [] });
  });
});
