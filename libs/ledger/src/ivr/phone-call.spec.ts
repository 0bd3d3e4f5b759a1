import fc from 'fast-check';
import { withCheckDigits } from '../pay-bill-numbers/pay-bill-number.js';
import {
  answered,
  compared,
  expected,
  hear,
  notTaken,
  paid,
  type Payee,
  type PhoneCall,
  type Turn,
} from './phone-call.js';

const NUMBER = withCheckDigits('582064173935');
const dollars: Payee = {
  payBillNumber: '12345678901244',
  accountId: '0c8f5a52-2f0b-4f1e-9a55-3a1d5f6b7c01',
  currency: 'USD',
  digits: 2,
};
const yen: Payee = { ...dollars, currency: 'JPY', digits: 0 };

/** The turn that keys lead to by themselves. */
function press(call: PhoneCall, keys: string): Turn {
  const heard = hear(call, keys);
  if (heard.kind !== 'turn') throw new Error(`${keys} asks to ${heard.kind}`);
  return heard.turn;
}
const amountOf = (payee: Payee) => compared(answered().call, payee).call;

describe('A call to pay by phone (PA1)', () => {
  it('asks for number, PIN and amount, has the amount confirmed, and says the confirmation number figure by figure', () => {
    const { call: began } = answered();
    expect(expected(began)).toEqual({ digits: 14, terminator: '#' });
    const { call: numbered } = press(began, `${NUMBER}#`);
    expect(hear(numbered, '4826#')).toEqual({ kind: 'verify', payBillNumber: NUMBER, pin: '4826' });
    const { call: known, say } = compared(numbered, dollars);
    expect(say).toContain('in cents');
    const { call: keyed, say: confirm } = press(known, '5723#');
    expect(confirm).toContain('57 dollars and 23 cents');
    expect(expected(keyed)).toEqual({ digits: 1, terminator: null });
    expect(hear(keyed, '1')).toEqual({ kind: 'pay', payee: dollars, amount: 5723n });
    const done = paid(keyed, '7K2M9QXD4TRA', 5723n, dollars);
    expect(done.say).toContain('7, K, 2, M, 9, Q, X, D, 4, T, R, A.');
    expect(expected(done.call)).toBeNull();
  });

  it('knows what is no pay bill number by its check digits, before anybody is asked (VE1)', () => {
    const wrong = NUMBER.slice(0, -1) + String((Number(NUMBER.at(-1)) + 1) % 10);
    expect(press(answered().call, wrong)).toMatchObject({ call: { state: 'pay-bill-number', badInputs: 1 } });
  });

  it('asks for number and PIN again when they do not go together, and does not say which was wrong', () => {
    const { call } = press(answered().call, NUMBER);
    expect(compared(call, undefined)).toMatchObject({ call: { state: 'pay-bill-number', badInputs: 1 } });
    expect(JSON.stringify(compared(call, undefined).call)).not.toContain(NUMBER);
  });

  it('lets another amount be keyed', () => {
    const again = press(press(amountOf(dollars), '5723').call, '2');
    expect(again.call).toMatchObject({ state: 'amount', badInputs: 0 });
    expect(press(again.call, '100').say).toContain('You pay 1 dollar.');
  });

  it.each([
    [dollars, '1', '1 cent'],
    [dollars, '200', '2 dollars'],
    [yen, '500', '500 JPY'],
    [{ ...dollars, currency: 'EUR' }, '5', '0.05 EUR'],
  ])('says an amount of %j keyed as %s: %s', (payee, keys, words) => {
    expect(press(amountOf(payee), keys).say).toContain(`You pay ${words}.`);
  });

  it.each(['0', '000#', '#', '*', '12*4', '1234567890'])('takes %s for no amount', (keys) => {
    expect(press(amountOf(dollars), keys).call).toMatchObject({ state: 'amount', badInputs: 1 });
  });

  it('ends politely when nothing can be taken, and does not say why', () => {
    expect(notTaken(amountOf(dollars)).say).toMatch(/customer service.*Goodbye/);
  });

  it('ends after three inputs that make no sense, whatever was right in between', () => {
    const first = press(answered().call, '1').call;
    const second = press(press(first, NUMBER).call, '12').call;
    expect(second).toMatchObject({ state: 'pin', badInputs: 2 });
    const third = press(second, '1*');
    expect(third.call.state).toBe('ended');
    expect(third.say).toMatch(/Goodbye\.$/);
    expect(press(third.call, NUMBER).call.state).toBe('ended');
  });

  it('whatever is pressed: a PIN is kept in no call, bad inputs only grow, and three of them end it', () => {
    const keys = fc.oneof(
      fc.constantFrom(`${NUMBER}#`, '4826#', '5723#', '1', '2', '*', '#'),
      fc.string({ unit: fc.constantFrom(...'0123456789*#'), minLength: 1, maxLength: 32 }),
    );
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 20 }), fc.boolean(), (pressed, known) => {
        let { call } = answered();
        for (const each of pressed) {
          const heard = hear(call, each);
          const next =
            heard.kind === 'turn'
              ? heard.turn.call
              : heard.kind === 'verify'
                ? compared(call, known ? dollars : undefined).call
                : paid(call, 'X', heard.amount, heard.payee).call;
          if (heard.kind === 'verify') expect(next).not.toMatchObject({ pin: expect.anything() as unknown });
          if (heard.kind === 'pay') expect(heard.amount > 0n).toBe(true);
          expect(next.badInputs).toBeGreaterThanOrEqual(call.badInputs);
          expect(next.badInputs >= 3).toBe(next.state === 'ended');
          call = next;
        }
      }),
    );
  });
});
