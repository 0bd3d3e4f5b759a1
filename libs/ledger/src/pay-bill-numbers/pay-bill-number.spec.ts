import fc from 'fast-check';
import {
  candidatePayBillNumber,
  isPayBillNumber,
  maskPayBillNumber,
  parsePayBillNumber,
  PayBillNumberInput,
  printPayBillNumber,
  withCheckDigits,
} from './pay-bill-number.js';

const someNumber = fc
  .tuple(fc.uuid(), fc.nat(5))
  .map(([accountId, attempt]) => candidatePayBillNumber(accountId, attempt));

describe('Pay bill number', () => {
  it('has check digits by ISO 7064 mod 97-10, as an ISO 11649 creditor reference', () => {
    expect(withCheckDigits('123456789012')).toBe('12345678901244');
    expect(12345678901244n % 97n).toBe(1n);
    expect(isPayBillNumber('12345678901244')).toBe(true);
    expect(isPayBillNumber('12345678901211')).toBe(false);
  });

  it('never begins with zero and never has the check digits 00, 01 or 99', () => {
    expect(isPayBillNumber(withCheckDigits('023456789012'))).toBe(false);
    for (let last = 100_000_000_000; last < 100_000_000_097; last++) {
      for (const check of ['00', '01', '99']) expect(isPayBillNumber(`${last}${check}`)).toBe(false);
    }
  });

  it('is read with blanks and hyphens as people write it, and printed in groups', () => {
    expect(parsePayBillNumber(' 1234-5678 9012 44 ')).toBe('12345678901244');
    expect(parsePayBillNumber('1234 5678 9012 11')).toBeUndefined();
    expect(parsePayBillNumber('')).toBeUndefined();
    expect(printPayBillNumber('12345678901244')).toBe('1234 5678 9012 44');
    expect(PayBillNumberInput.parse('1234 5678 9012 44')).toBe('12345678901244');
    expect(PayBillNumberInput.safeParse('1234').error?.issues[0]?.message).toContain('check digits');
  });

  it('is masked but for its last four digits (ID5)', () => {
    expect(maskPayBillNumber('12345678901244')).toBe('•••• •••• ••12 44');
  });

  it('catches every single wrong digit (ID1)', () => {
    fc.assert(
      fc.property(someNumber, (number) => {
        for (let at = 0; at < number.length; at++) {
          for (const digit of '0123456789') {
            const wrong = number.slice(0, at) + digit + number.slice(at + 1);
            expect(isPayBillNumber(wrong)).toBe(wrong === number);
          }
        }
      }),
    );
  });

  it('catches every swap of neighbours (ID1)', () => {
    fc.assert(
      fc.property(someNumber, (number) => {
        for (let at = 0; at + 1 < number.length; at++) {
          const swapped = number.slice(0, at) + number.charAt(at + 1) + number.charAt(at) + number.slice(at + 2);
          expect(isPayBillNumber(swapped)).toBe(swapped === number);
        }
      }),
    );
  });

  it('is proposed the same for the same account, and differently for another account or attempt', () => {
    const ids = Array.from(
      { length: 20_000 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    const numbers = ids.map((id) => candidatePayBillNumber(id, 0));
    expect(new Set(numbers).size).toBe(ids.length);
    expect(numbers.every(isPayBillNumber)).toBe(true);
    expect(ids.map((id) => candidatePayBillNumber(id, 0))).toEqual(numbers);
    expect(candidatePayBillNumber(ids[0] ?? '', 1)).not.toBe(numbers[0]);
    // Spread: the leading digits of neighbouring accounts fall into all nine ranges about equally.
    for (const first of '123456789') {
      const share = numbers.filter((number) => number.startsWith(first)).length / ids.length;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.125);
    }
  });
});
