import fc from 'fast-check';
import { fitsScanLine, readScanLine, type Remittance, scanLine, ScanLineUnreadable } from './scan-line.js';

const remittance: fc.Arbitrary<Remittance> = fc.record({
  payBillNumber: fc.stringMatching(/^\d{14}$/),
  dueOn: fc
    .date({ min: new Date('1900-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  amount: fc.bigInt({ min: 0n, max: 999_999_999_999n }),
});

/** The line with the figure at a place, blanks not counted, changed by what is given of it and the next. */
function misread(line: string, place: number, change: (figure: string, next: string) => string): string {
  const figures = line.replaceAll(' ', '');
  return figures.slice(0, place) + change(figures[place]!, figures[place + 1] ?? '') + figures.slice(place + 2);
}

describe('The scan line of a coupon (CO2)', () => {
  const line = scanLine({ payBillNumber: '12345678901279', dueOn: '2026-02-15', amount: 10717n });

  it('says pay bill number, due day and amount, each with its check digit, and ends with one over all', () => {
    expect(line).toMatch(/^12345678901279\d 20260215\d 000000010717\d \d$/);
    expect(line).toHaveLength(41);
  });

  it('has the check digits that a calculation by hand gives: Luhn of each group, 7-3-1 over all', () => {
    // 7992739871 has the Luhn check digit 3 (the example everybody uses); zeros in front change nothing.
    expect(scanLine({ payBillNumber: '00007992739871', dueOn: '2026-02-15', amount: 0n })).toMatch(/^000079927398713 /);
    // Luhn of 20000101: 2 + 2 + 2 = 6, so 4; of 1: 2, so 8. From the right 7-3-1 gives 8·3 + 1·7 + 4·7 + 1 + 1·7 + 2·3 = 73, so 7.
    expect(scanLine({ payBillNumber: '00000000000000', dueOn: '2000-01-01', amount: 1n })).toBe(
      '000000000000000 200001014 0000000000018 7',
    );
  });

  it('is read back as what it says, with its blanks and without', () => {
    fc.assert(
      fc.property(remittance, (said) => {
        expect(readScanLine(scanLine(said))).toEqual(said);
        expect(readScanLine(scanLine(said).replaceAll(' ', ''))).toEqual(said);
      }),
    );
  });

  it('is refused with any single figure read wrongly, wherever it stands (ISO/IEC 7812-1 annex B)', () => {
    fc.assert(
      fc.property(remittance, fc.nat({ max: 37 }), fc.integer({ min: 1, max: 9 }), (said, place, by) => {
        const wrong = misread(scanLine(said), place, (figure, next) => String((Number(figure) + by) % 10) + next);
        expect(() => readScanLine(wrong)).toThrow(ScanLineUnreadable);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused with any two neighbours swapped, 0 and 9 and those that differ by 5 among them', () => {
    fc.assert(
      fc.property(remittance, fc.nat({ max: 36 }), (said, place) => {
        const right = scanLine(said);
        const wrong = misread(right, place, (figure, next) => next + figure);
        fc.pre(wrong !== right.replaceAll(' ', ''));
        expect(() => readScanLine(wrong)).toThrow(ScanLineUnreadable);
      }),
      { numRuns: 1_000 },
    );
    const inOnePlace = (pair: string) =>
      scanLine({ payBillNumber: `00000000${pair}0000`, dueOn: '2026-02-15', amount: 1n });
    for (const pair of ['09', '90', '05', '16', '27', '38', '49']) {
      const wrong = misread(inOnePlace(pair), 8, (figure, next) => next + figure);
      expect(() => readScanLine(wrong)).toThrow(ScanLineUnreadable);
    }
  });

  it('names the group whose check digit does not hold, and repeats none of its figures', () => {
    const wrongAt = (place: number) => () =>
      readScanLine(misread(line, place, (figure, next) => String((Number(figure) + 1) % 10) + next));
    expect(wrongAt(3)).toThrow('the check digit of the pay bill number does not hold');
    expect(wrongAt(17)).toThrow('the check digit of the due day does not hold');
    expect(wrongAt(30)).toThrow('the check digit of the amount does not hold');
    expect(wrongAt(37)).toThrow('the check digit of the whole line does not hold');
    expect(() => readScanLine('12345')).toThrow('a scan line has 38 figures and nothing else but blanks');
    expect(() => readScanLine(line.replace('1', 'l'))).toThrow('a scan line has 38 figures');
  });

  it('has no room for what it cannot say', () => {
    expect(() => scanLine({ payBillNumber: '123', dueOn: '2026-02-15', amount: 1n })).toThrow(RangeError);
    expect(() => scanLine({ payBillNumber: '12345678901279', dueOn: '2026-02-30', amount: 1n })).toThrow(RangeError);
    for (const amount of [-1n, 1_000_000_000_000n]) {
      expect(fitsScanLine(amount)).toBe(false);
      expect(() => scanLine({ payBillNumber: '12345678901279', dueOn: '2026-02-15', amount })).toThrow(RangeError);
    }
  });
});
