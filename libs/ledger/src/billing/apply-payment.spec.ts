import { given } from '#testing/event-sourcing';
import { account } from './account.js';
import { accountClosed, accountOpened, billIssued, dataOf, paymentApplied, share, USD } from './account-examples.js';
import { type AccountEvent } from './account-events.js';
import { ApplyPayment } from './apply-payment.js';
import { confirmationNumber, isConfirmationNumber } from './confirmation-number.js';

const paid = (amount: string) => ({ amount: USD(amount), channel: 'online', method: { kind: 'card' } }) as const;
const p1 = '00000000-0000-4000-8000-000000000001';

const owing = [
  accountOpened(),
  billIssued('B-1', '2026-03-01', ['10.00', '5.00@1']),
  billIssued('B-2', '2026-02-01', ['20.00']),
  billIssued('B-3', '2026-02-01', ['30.00']),
];

function laid(past: readonly AccountEvent[], amount: string, allocation?: { billNumber: string; amount: string }[]) {
  const [event] = given(account, past)
    .when(ApplyPayment, { ...paid(amount), allocation })
    .events();
  const { allocations, unapplied } = dataOf(event, 'PaymentApplied');
  return { allocations, unapplied };
}

describe('ApplyPayment', () => {
  it('records the payment under the command’s id with a confirmation number that follows from it (PA3)', () => {
    const commandId = '11111111-1111-4111-8111-111111111111';
    given(account, owing)
      .when(ApplyPayment, { ...paid('3'), method: { kind: 'card', token: 'tok_4x7' } }, { commandId })
      .then([
        {
          type: 'PaymentApplied',
          data: {
            paymentId: commandId,
            confirmationNumber: confirmationNumber(commandId),
            amount: USD('3.00'),
            channel: 'online',
            method: { kind: 'card', token: 'tok_4x7' },
            allocations: [share('B-2/L1 3.00')],
            unapplied: '0.00',
            allocationPolicy: 'instructed-then-oldest-due-first/2',
            effectivePolicy: 'us-pa/1',
            effectiveAt: '2026-01-15T12:00:00.000Z',
          },
        },
      ]);
  });

  it('of a payment with a life of its own is carried out once, under that payment’s id and confirmation number (PA3)', () => {
    const body = { ...paid('3'), paymentId: p1 };
    const applied = given(account, owing).when(ApplyPayment, body);
    const [event] = applied.events();
    expect(dataOf(event, 'PaymentApplied')).toMatchObject({
      paymentId: p1,
      confirmationNumber: confirmationNumber(p1),
    });
    given(account, [...owing, ...applied.events()])
      .when(ApplyPayment, body, { commandId: p1 })
      .thenNothing();
  });

  it('pays the oldest due bill first, then as issued, and inside a bill by line priority (52 Pa. Code §56.24)', () => {
    expect(laid(owing, '60.00')).toEqual({
      allocations: [share('B-2/L1 20.00'), share('B-3/L1 30.00'), share('B-1/L2 5.00'), share('B-1/L1 5.00')],
      unapplied: '0.00',
    });
  });

  it('keeps what no bill takes as credit (AQ2)', () => {
    expect(laid(owing, '70.00').unapplied).toBe('5.00');
    expect(laid([accountOpened()], '70.00')).toEqual({ allocations: [], unapplied: '70.00' });
  });

  it('follows the payer’s instruction first and lays the rest oldest due first (52 Pa. Code §56.24)', () => {
    expect(laid(owing, '40.00', [{ billNumber: 'B-1', amount: '12.00' }])).toEqual({
      allocations: [share('B-1/L2 5.00'), share('B-1/L1 7.00'), share('B-2/L1 20.00'), share('B-3/L1 8.00')],
      unapplied: '0.00',
    });
    // The rest joins an instructed line instead of standing beside it.
    expect(laid(owing, '20.00', [{ billNumber: 'B-2', amount: '12.00' }]).allocations).toEqual([share('B-2/L1 20.00')]);
  });

  it('refuses instructions beyond the payment, beyond what is open, or about bills and lines that do not exist', () => {
    const instruct = (...allocation: { billNumber: string; lineId?: string; amount: string }[]) =>
      given(account, owing).when(ApplyPayment, { ...paid('25.00'), allocation });
    const b2 = { billNumber: 'B-2', amount: '15.00' };
    instruct(b2, b2).thenRejected('ALLOCATION_EXCEEDS_PAYMENT', 'allocation/1/amount');
    instruct({ ...b2, amount: '20.01' }).thenRejected('ALLOCATION_EXCEEDS_OPEN', 'allocation/0/amount');
    instruct(b2, { ...b2, amount: '6' }).thenRejected('ALLOCATION_EXCEEDS_OPEN', 'allocation/1/amount');
    instruct({ ...b2, billNumber: 'B-9' }).thenRejected('BILL_UNKNOWN', 'allocation/0/billNumber');
    instruct({ ...b2, lineId: 'L9' }).thenRejected('LINE_UNKNOWN', 'allocation/0/lineId');
    instruct({ ...b2, amount: '0' }).thenRejected('AMOUNT_NOT_POSITIVE', 'allocation/0/amount');
    instruct({ ...b2, amount: '0.001' }).thenRejected('AMOUNT_TOO_PRECISE', 'allocation/0/amount');
  });

  it('refuses an amount that is not positive, finer than a cent, too large or in another currency', () => {
    const pay = (amount: string, currency = 'USD') =>
      given(account, owing).when(ApplyPayment, { ...paid('1'), amount: { amount, currency } });
    pay('0').thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    pay('-5').thenRejected('AMOUNT_NOT_POSITIVE', 'amount/amount');
    pay('0.005').thenRejected('AMOUNT_TOO_PRECISE', 'amount/amount');
    pay('1234567890123456').thenRejected('AMOUNT_TOO_LARGE', 'amount/amount');
    pay('1', 'EUR').thenRejected('CURRENCY_MISMATCH', 'amount/currency');
    pay('1', 'XYZ').thenRejected('CURRENCY_UNKNOWN', 'amount/currency');
    given(account).when(ApplyPayment, paid('1')).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('keeps whole amounts in a currency without a minor unit', () => {
    const [event] = given(account, [accountOpened('JPY')])
      .when(ApplyPayment, { ...paid('1'), amount: { amount: '1200', currency: 'JPY' } })
      .events();
    expect(dataOf(event, 'PaymentApplied').unapplied).toBe('1200');
  });

  it('never takes a card number for a token, and does not repeat it (PCI DSS, SE4)', () => {
    for (const token of ['4111111111111111', 'tok_4111-1111-1111-1111', 'card378282246310005', '6011.0009.9013.9424']) {
      const attempt = given(account, owing).when(ApplyPayment, { ...paid('1'), method: { kind: 'card', token } });
      attempt.thenRejected('CARD_NUMBER_REFUSED', 'method/token');
      expect(attempt.events).not.toThrow(token);
    }
    for (const token of ['tok_1', '4111111111111112', '123456789012', 'f4111111-1111-4111-8111-111111111111']) {
      given(account, owing)
        .when(ApplyPayment, { ...paid('1'), method: { kind: 'card', token } })
        .events();
    }
  });

  it('counts from the postmark when that is named, but not from more than a day ahead', () => {
    const mailed = (effectiveAt: string) => given(account, owing).when(ApplyPayment, { ...paid('1'), effectiveAt });
    expect(dataOf(mailed('2026-01-10T00:00:00Z').events()[0], 'PaymentApplied').effectiveAt).toBe(
      '2026-01-10T00:00:00.000Z',
    );
    mailed('2026-01-16T12:00:00Z').events();
    mailed('2026-01-16T12:00:01Z').thenRejected('EFFECTIVE_IN_FUTURE', 'effectiveAt');
  });

  it('takes money on a closed account only for the debt that a return reinstated', () => {
    const closed = [
      accountOpened(),
      billIssued('B-1', '2026-02-01', ['10.00']),
      paymentApplied(p1, '10.00', ['B-1/L1 10.00']),
      accountClosed,
    ];
    given(account, closed).when(ApplyPayment, paid('1')).thenRejected('ACCOUNT_CLOSED');
    const reinstated: AccountEvent[] = [
      ...closed,
      {
        type: 'PaymentReturned',
        data: {
          paymentId: p1,
          amount: USD('10.00'),
          reason: 'insufficient-funds',
          released: [share('B-1/L1 10.00')],
          unappliedRemoved: '0.00',
          effectiveAt: '2026-01-15T12:00:00.000Z',
        },
      },
    ];
    given(account, reinstated).when(ApplyPayment, paid('10.01')).thenRejected('PAYMENT_EXCEEDS_OPEN', 'amount/amount');
    expect(laid(reinstated, '10.00').allocations).toEqual([share('B-1/L1 10.00')]);
  });
});

describe('Confirmation number', () => {
  const ids = Array.from({ length: 5_000 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);

  it('is twelve figures without ambiguous letters, and different for every payment', () => {
    const numbers = ids.map(confirmationNumber);
    expect(new Set(numbers).size).toBe(ids.length);
    for (const number of numbers) expect(number).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
  });

  it('catches every single wrong figure and every swap of neighbours', () => {
    for (const number of ids.slice(0, 50).map(confirmationNumber)) {
      expect(isConfirmationNumber(number.toLowerCase())).toBe(true);
      for (let place = 0; place < number.length; place++) {
        for (const figure of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
          const wrong = number.slice(0, place) + figure + number.slice(place + 1);
          expect(isConfirmationNumber(wrong)).toBe(wrong === number);
        }
        const swapped =
          number.slice(0, place) + number.charAt(place + 1) + number.charAt(place) + number.slice(place + 2);
        if (place + 1 < number.length) expect(isConfirmationNumber(swapped)).toBe(swapped === number);
      }
    }
    expect(isConfirmationNumber('SHORT')).toBe(false);
    expect(isConfirmationNumber('IIIIIIIIIIII')).toBe(false);
  });
});
