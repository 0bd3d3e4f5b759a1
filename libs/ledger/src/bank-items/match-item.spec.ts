import fc from 'fast-check';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { candidatePayBillNumber, printPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { confirmationNumberIn, payBillNumberIn } from './match-item.js';

const words = fc.array(fc.stringMatching(/^[A-Za-z/*:.]{1,10}$/), { maxLength: 4 }).map((all) => all.join(' '));

describe('What an item of a bank’s file names', () => {
  it('is the pay bill number, however it is written among other words', () => {
    fc.assert(
      fc.property(fc.uuid(), words, words, fc.constantFrom('plain', 'printed', 'hyphens'), (id, before, after, how) => {
        const number = candidatePayBillNumber(id, 0);
        const printed = how === 'plain' ? number : printPayBillNumber(number);
        const written = how === 'hyphens' ? printed.replaceAll(' ', '-') : printed;
        expect(payBillNumberIn(['', `${before} ${written} ${after}`])).toEqual({ number });
      }),
    );
  });

  it('is no number when a check digit does not hold (VE1), or the digits are part of more', () => {
    const missing = { because: 'NUMBER_MISSING' };
    for (const text of ['12345678901244', 'NO 99 1234 5678 9012 44', '7 12345678901244 5']) {
      expect(payBillNumberIn([text])).toEqual({ number: '12345678901244' });
    }
    for (const text of ['12345678901245', '112345678901244', '123456789012441', '1234567890124', '']) {
      expect(payBillNumberIn([text])).toEqual(missing);
    }
    expect(payBillNumberIn([])).toEqual(missing);
  });

  it('is not chosen among several; the same number twice is one', () => {
    const [one, other] = [candidatePayBillNumber('a'.repeat(8), 0), candidatePayBillNumber('b'.repeat(8), 0)];
    expect(payBillNumberIn([one, `again ${one}`])).toEqual({ number: one });
    expect(payBillNumberIn([one, other])).toEqual({ because: 'NUMBERS_SEVERAL' });
  });

  it('is of a return the confirmation number of its payment, in the fields banks give back', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (id, lower) => {
        const number = confirmationNumber(id);
        const wrong = number.slice(0, -1) + (number.endsWith('0') ? '1' : '0');
        expect(confirmationNumberIn([`${lower ? number.toLowerCase() : number}   `, 'R01 NSF'])).toEqual({ number });
        expect(confirmationNumberIn([wrong])).toEqual({ because: 'NUMBER_MISSING' });
      }),
    );
  });
});
