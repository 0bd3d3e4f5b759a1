import fc from 'fast-check';
import { isNothing, perBill } from './shares.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('What a payment paid', () => {
  it('is told for each bill, whatever lines it lies on', () => {
    const laid = [
      { billNumber: 'B-1', lineId: '1', amount: usd('10.05') },
      { billNumber: 'B-2', lineId: '1', amount: usd('0.10') },
      { billNumber: 'B-1', lineId: '2', amount: usd('0.97') },
    ];
    expect(perBill(laid)).toEqual([
      { billNumber: 'B-1', amount: usd('11.02') },
      { billNumber: 'B-2', amount: usd('0.10') },
    ]);
  });

  it('is added up to the last cent however large it is', () => {
    const cents = fc.bigInt({ min: 0n, max: 10n ** 24n });
    const text = (minor: bigint) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;
    fc.assert(
      fc.property(fc.array(cents, { minLength: 1, maxLength: 8 }), (amounts) => {
        const laid = amounts.map((minor) => ({ billNumber: 'B', amount: usd(text(minor)) }));
        expect(perBill(laid)).toEqual([{ billNumber: 'B', amount: usd(text(amounts.reduce((a, b) => a + b))) }]);
      }),
    );
  });

  it('may have no digits after the point, as in yen', () => {
    const yen = (amount: string) => ({ billNumber: 'B', amount: { amount, currency: 'JPY' } });
    expect(perBill([yen('999'), yen('1')])).toEqual([yen('1000')]);
  });

  it('is nothing when it is zero in any notation', () => {
    expect(['0', '0.00', '0.000'].every(isNothing)).toBe(true);
    expect(['0.01', '10', '1.00'].some(isNothing)).toBe(false);
  });
});
