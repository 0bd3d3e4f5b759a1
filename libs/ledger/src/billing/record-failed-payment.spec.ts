import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, at, USD } from './account-examples.js';
import { RecordFailedPayment } from './record-failed-payment.js';

const body = {
  amount: USD('20.00'),
  channel: 'online' as const,
  method: { kind: 'card' as const, token: 'tok_1' },
  declineCode: 'insufficient_funds',
};
const attemptId = 'aaaaaaaa-0000-4000-8000-000000000001';

describe('RecordFailedPayment', () => {
  it('keeps what was tried and why it was declined; nothing is owed or paid by it', () => {
    const recorded = given(account, [accountOpened()]).when(RecordFailedPayment, { ...body, attemptId });
    recorded.then([{ type: 'PaymentFailed', data: { ...body, attemptId, effectiveAt: at } }]);
    expect(recorded.state()).toMatchObject({ open: 0n, credit: 0n });
  });

  it('names the attempt by the command when the provider does not, and counts from when it happened', () => {
    const [event] = given(account, [accountOpened()])
      .when(RecordFailedPayment, { ...body, effectiveAt: '2026-01-14T10:00:00Z' })
      .events();
    expect(event?.data).toMatchObject({
      attemptId: '00000000-0000-4000-8000-00000000000c',
      effectiveAt: '2026-01-14T10:00:00.000Z',
    });
  });

  it('is taken on a closed account too: stolen cards are tried anywhere', () => {
    expect(given(account, [accountOpened(), accountClosed]).when(RecordFailedPayment, body).events()).toHaveLength(1);
  });

  it('refuses a card number, another currency, nothing, and an account that is unknown', () => {
    const record = (change: object) =>
      given(account, [accountOpened()]).when(RecordFailedPayment, { ...body, ...change });
    record({ method: { kind: 'card', token: '4111111111111111' } }).thenRejected('CARD_NUMBER_REFUSED', 'method/token');
    record({ amount: { amount: '1.00', currency: 'EUR' } }).thenRejected('CURRENCY_MISMATCH', 'amount/currency');
    record({ amount: USD('0.00') }).thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    record({ effectiveAt: '2999-01-01T00:00:00Z' }).thenRejected('EFFECTIVE_IN_FUTURE', 'effectiveAt');
    given(account).when(RecordFailedPayment, body).thenRejected('ACCOUNT_UNKNOWN');
  });
});
