import fc from 'fast-check';
import { isSimplePin, normalAnswer } from './simple-secrets.js';

const NUMBER = '58206417393571';

describe('A PIN is refused when it is among the first that are tried (NIST SP 800-63B, 5.1.1.2)', () => {
  it.each(['0000', '1234', '4321', '7890', '9012', '1212', '123123', '12341234', '2580', '1987', '2024', '99999999'])(
    '%s',
    (pin) => expect(isSimplePin(pin, NUMBER)).toBe(true),
  );

  it.each(['4826', '7391', '135790', '20241', '83015527'])('and %s is taken', (pin) =>
    expect(isSimplePin(pin, NUMBER)).toBe(false),
  );

  it('figures of the bill prove nothing (47 CFR 64.2010(b))', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 4, max: 8 }), (from, digits) => {
        const pin = NUMBER.slice(from, from + digits);
        fc.pre(pin.length >= 4);
        expect(isSimplePin(pin, NUMBER)).toBe(true);
      }),
    );
  });

  it('and at least nineteen of twenty PINs of four digits are left', () => {
    const left = Array.from({ length: 10_000 }, (_, pin) => String(pin).padStart(4, '0')).filter(
      (pin) => !isSimplePin(pin, NUMBER),
    );
    expect(left.length).toBeGreaterThan(9_500);
  });
});

describe('An answer is compared by what it says', () => {
  it('and not by how it is written', () => {
    expect(normalAnswer('  The  KINKS! ')).toBe('the kinks');
    expect(normalAnswer('Beyoncé')).toBe(normalAnswer('BEYONCE\u0301'));
    expect(normalAnswer('¿?')).toBe('');
  });

  it('and normalising again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normalAnswer(normalAnswer(text))).toBe(normalAnswer(text));
      }),
    );
  });
});
