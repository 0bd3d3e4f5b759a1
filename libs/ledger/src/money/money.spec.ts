import fc from 'fast-check';
import { Rejected } from '#libs/event-sourcing';
import { allocate } from './allocate.js';
import { minorUnitDigits } from './currency.js';
import { exact, exactOfMinor, percentOf, plainText, roundHalfUp, wholeUnits } from './decimal.js';
import { formatMinor, parseMinor } from './minor-units.js';
import { Money, MoneyInput, readPositiveAmount, refuseTooLarge } from './money.js';

const usd = (amount: string) => Money.parse({ amount, currency: 'USD' });

function refusalOf(run: () => unknown): Partial<Rejected> {
  try {
    run();
  } catch (error) {
    if (error instanceof Rejected) return { code: error.code, field: error.field };
    throw error;
  }
  return {};
}

describe('Money', () => {
  it('is written with exactly the digits of the minor unit of its currency (ISO 4217)', () => {
    expect(usd('12.3').toJSON()).toEqual({ amount: '12.30', currency: 'USD' });
    expect(Money.parse({ amount: '1200', currency: 'JPY' }).toJSON()).toEqual({ amount: '1200', currency: 'JPY' });
    expect(Money.parse({ amount: '-0.5', currency: 'BHD' }).toJSON()).toEqual({ amount: '-0.500', currency: 'BHD' });
    expect(Money.zero('USD').amount).toBe('0.00');
    expect(String(usd('+007.10'))).toBe('7.10 USD');
  });

  it('knows the active currencies and no others', () => {
    expect(['USD', 'JPY', 'BHD', 'EUR', 'XAF'].map(minorUnitDigits)).toEqual([2, 0, 3, 2, 0]);
    expect(['usd', 'XXX', 'XAU', 'HRK', ''].map(minorUnitDigits)).toEqual(Array(5).fill(undefined));
    expect(refusalOf(() => Money.zero('ABC'))).toMatchObject({ code: 'CURRENCY_UNKNOWN' });
  });

  it('refuses an amount finer than the minor unit, but reads zeros beyond it', () => {
    expect(refusalOf(() => usd('1.005'))).toEqual({ code: 'AMOUNT_TOO_PRECISE', field: 'amount/amount' });
    expect(refusalOf(() => Money.parse({ amount: '1.5', currency: 'JPY' }))).toMatchObject({
      code: 'AMOUNT_TOO_PRECISE',
    });
    expect(usd('1.500').amount).toBe('1.50');
  });

  it('refuses more than fifteen digits before the point', () => {
    expect(usd('999999999999999.99').amount).toBe('999999999999999.99');
    expect(usd('0000000000000000001').amount).toBe('1.00');
    expect(refusalOf(() => usd('1000000000000000'))).toMatchObject({ code: 'AMOUNT_TOO_LARGE' });
    expect(refusalOf(() => refuseTooLarge(10n ** 17n, 2, 'lines'))).toEqual({
      code: 'AMOUNT_TOO_LARGE',
      field: 'lines',
    });
  });

  it('refuses to pay nothing or less than nothing', () => {
    for (const amount of ['0', '-0.00', '-1']) {
      expect(refusalOf(() => readPositiveAmount(amount, 'USD', 'amount'))).toMatchObject({
        code: 'AMOUNT_NOT_POSITIVE',
      });
    }
  });

  it('adds, subtracts, negates and compares within one currency and never across two', () => {
    expect(usd('0.10').add(usd('0.20')).amount).toBe('0.30');
    expect(usd('1.00').subtract(usd('1.01')).amount).toBe('-0.01');
    expect(usd('1.00').negate().compare(usd('0'))).toBe(-1);
    expect(usd('2').compare(usd('1'))).toBe(1);
    expect(usd('5').subtract(usd('5')).isZero).toBe(true);
    expect(refusalOf(() => usd('1').add(Money.zero('EUR')))).toMatchObject({ code: 'CURRENCY_MISMATCH' });
  });

  it('rounds half up at the minor unit', () => {
    expect(Money.rounded(exact('1.005'), 'USD').amount).toBe('1.01');
    expect(Money.rounded(exact('1.00499999999999999999999999999999999999999999999999'), 'USD').amount).toBe('1.00');
    expect(roundHalfUp(exact('0.5'), 0)).toBe(1n);
  });

  it('reads back every amount it writes', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.constantFrom(0, 2, 3), (minor, digits) => {
        expect(parseMinor(formatMinor(minor, digits), digits)).toBe(minor);
      }),
    );
  });

  it('says what is wrong with an amount that is not one', () => {
    const issues = (input: unknown) =>
      MoneyInput.safeParse(input).error?.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`);
    expect(issues({ amount: 12.34, currency: 'USD' })?.[0]).toContain('amount: must be a decimal string');
    expect(issues({ amount: '1,234.00', currency: 'usd' })).toHaveLength(2);
    expect(issues({ amount: '1e3', currency: 'USD' })).toHaveLength(1);
    expect(issues('12.34')).toEqual([': must be { "amount": "12.34", "currency": "USD" }']);
    expect(issues({ amount: '1', currency: 'USD', cents: 1 })).toHaveLength(1);
  });
});

describe('Exact decimals', () => {
  it('lose no digit of a long product', () => {
    const long = exact('123456789012345.12345678').times(exact('999999999999999.99999999'));
    expect(plainText(long)).toBe('123456789012345123456778765432.1098765487654322');
    expect(plainText(percentOf(exact('9.99'), exact('33.3')))).toBe('3.32667');
    expect(plainText(exactOfMinor(-1234n, 2))).toBe('-12.34');
  });

  it('are whole minor units and what is left beyond them', () => {
    const { units, rest } = wholeUnits(exact('12.3499'), 2);
    expect([units, plainText(rest)]).toEqual([1_234n, '0.0099']);
    expect(wholeUnits(exact('0'), 2).units).toBe(0n);
  });
});

describe('Allocation by the largest remainder', () => {
  it('gives odd cents to the largest remainders, the earlier first', () => {
    expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(allocate(10n, [1n, 5n, 1n])).toEqual([2n, 7n, 1n]);
  });

  it('divides equally when no weight says otherwise, and has nowhere to put money without shares', () => {
    expect(allocate(5n, [0n, 0n, 0n])).toEqual([2n, 2n, 1n]);
    expect(allocate(0n, [])).toEqual([]);
    expect(() => allocate(1n, [])).toThrow(RangeError);
    expect(() => allocate(-1n, [1n])).toThrow(RangeError);
  });

  it('conserves every cent, gives nothing to a zero weight beside others, and stays within a cent of the quota', () => {
    const weights = fc.array(fc.bigInt(0n, 10n ** 12n), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), weights, (total, given) => {
        const shares = allocate(total, given);
        const sum = given.reduce((left, right) => left + right, 0n);
        expect(shares.reduce((left, right) => left + right, 0n)).toBe(total);
        for (const [index, share] of shares.entries()) {
          const weight = given[index] ?? 0n;
          if (sum > 0n && weight === 0n) expect(share).toBe(0n);
          if (sum >= total && sum > 0n) expect(share <= weight).toBe(true);
          if (sum > 0n) expect(share * sum - total * weight < sum && total * weight - share * sum < sum).toBe(true);
        }
      }),
    );
  });
});
