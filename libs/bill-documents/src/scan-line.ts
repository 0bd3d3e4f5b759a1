/*
 * The scan line of a remittance coupon: what a lockbox reads of it by machine. 38 figures in four groups,
 *
 *     NNNNNNNNNNNNNNc YYYYMMDDc AAAAAAAAAAAAc k
 *
 * pay bill number, due day and amount due in minor units, each with its own check digit by modulus 10 with the weights 2
 * and 1 (the Luhn formula, ISO/IEC 7812-1 annex B), and one check digit over all of it by modulus 10 with the weights 7, 3
 * and 1 (as ICAO 9303 part 3, 4.9, and in the order 3, 7, 1 the routing numbers of US banks).
 *
 * Luhn finds every single wrong figure, and every swap of neighbours but 0 and 9. The weights 7, 3, 1 find every swap of
 * neighbours but those that differ by 5, and so that one. A swap over the blank between two groups is one wrong figure in
 * each. Together they find every single wrong figure and every swap of neighbours.
 */

/** What a scan line says. */
export interface Remittance {
  /** Fourteen figures. */
  readonly payBillNumber: string;
  /** The last day to pay, `2026-01-31`. */
  readonly dueOn: string;
  /** What is asked for in minor units of the account's currency; 0 when the line does not say. */
  readonly amount: bigint;
}

/** The most a scan line can say: twelve figures. A bill over more says 0. */
const MOST = 10n ** 12n - 1n;

/** Blanks between groups are as they are printed. @throws RangeError for what no scan line can say */
export function scanLine({ payBillNumber, dueOn, amount }: Remittance): string {
  if (!/^\d{14}$/.test(payBillNumber)) throw new RangeError('a pay bill number has 14 figures');
  if (!isDay(dueOn)) throw new RangeError('the due day is no day of the calendar');
  if (amount < 0n || amount > MOST) throw new RangeError('a scan line has room for 0 to 999,999,999,999 minor units');
  const fields = [payBillNumber, dueOn.replaceAll('-', ''), String(amount).padStart(12, '0')];
  const groups = fields.map((field) => field + complement(sumOfLuhn(`${field}0`)));
  const check = complement(sumOf731(`${groups.join('')}0`));
  return [...groups, check].join(' ');
}

/** Whether an amount in minor units has room in a scan line. */
export function fitsScanLine(amount: bigint): boolean {
  return amount >= 0n && amount <= MOST;
}

/** A scan line that was read wrongly, or is none. The message names the field and repeats no figure of it. */
export class ScanLineUnreadable extends Error {
  override readonly name = 'ScanLineUnreadable';
}

/**
 * What a scan line says, blanks left out or not.
 * @throws ScanLineUnreadable when a check digit does not hold, so always when one figure is wrong or two neighbours are
 *   swapped
 */
export function readScanLine(text: string): Remittance {
  const figures = text.replace(/\s/g, '');
  const [, payBillNumber = '', day = '', amount = ''] = /^(\d{15})(\d{9})(\d{13})\d$/.exec(figures) ?? [];
  if (payBillNumber === '') throw new ScanLineUnreadable('a scan line has 38 figures and nothing else but blanks');
  for (const [name, field] of [
    ['pay bill number', payBillNumber],
    ['due day', day],
    ['amount', amount],
  ] as const) {
    if (sumOfLuhn(field) % 10 !== 0) throw new ScanLineUnreadable(`the check digit of the ${name} does not hold`);
  }
  if (sumOf731(figures) % 10 !== 0) throw new ScanLineUnreadable('the check digit of the whole line does not hold');
  const dueOn = day.replace(/^(....)(..)(..).$/, '$1-$2-$3');
  if (!isDay(dueOn)) throw new ScanLineUnreadable('the due day is no day of the calendar');
  return { payBillNumber: payBillNumber.slice(0, -1), dueOn, amount: BigInt(amount.slice(0, -1)) };
}

/** From the right, the check digit itself included: 1, 2, 1, 2 … , of two figures their sum. */
function sumOfLuhn(figures: string): number {
  return sum(figures, (figure, index) => (index % 2 === 0 ? figure : figure * 2 - (figure > 4 ? 9 : 0)));
}

/** From the right, the check digit itself included: 1, 3, 7, 1, 3, 7 … */
function sumOf731(figures: string): number {
  return sum(figures, (figure, index) => figure * [1, 3, 7][index % 3]!);
}

function sum(figures: string, term: (figure: number, indexFromRight: number) => number): number {
  let total = 0;
  for (let index = 0; index < figures.length; index++) total += term(Number(figures.at(-1 - index)), index);
  return total;
}

/** The check digit that makes a sum a multiple of ten. */
function complement(total: number): string {
  return String((10 - (total % 10)) % 10);
}

function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
