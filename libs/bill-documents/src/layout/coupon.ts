import { type Biller, type BillDocument } from '../bill-document.js';
import { fitsScanLine, scanLine } from '../scan-line.js';
import { day, money, payBillNumber } from '../texts.js';
import { COLOURS, PAGE, type Sheet } from './sheet.js';

/** Three and a half inches at the foot of the first page: what a no. 9 return envelope takes. */
export const COUPON_TOP = PAGE.height - 252;

const QUIET = { colour: COLOURS.quiet, size: 8.5 };
const VALUE = { size: 10, face: 'bold' } as const;
const [LEFT, RIGHT_COLUMN] = [72, 336];

/**
 * The part that comes back with the money. The address to send it to stands where the window of a no. 9 envelope shows it,
 * the scan line below that, ten figures to the inch and a clear band around it.
 */
export function writeCoupon(sheet: Sheet, bill: BillDocument, biller: Biller): void {
  sheet.rule(COUPON_TOP, { from: 24, to: PAGE.width - 24, colour: COLOURS.quiet, dashed: true });
  sheet.text('Detach here and return this part with your payment', PAGE.left, COUPON_TOP + 5, { ...QUIET, size: 7 });
  writeFields(sheet, bill, COUPON_TOP + 24);
  writePayer(sheet, bill, biller, COUPON_TOP + 24);
  if (biller.remitTo.length > 0) {
    [biller.name, ...biller.remitTo].slice(0, 6).forEach((line, index) => {
      sheet.text(line, LEFT, 676 + index * 12, { size: 10, within: 290 });
    });
  }
  sheet.text(scanLine(remittanceOf(bill)), PAGE.right, 758, { size: 12, face: 'figures', align: 'right' });
}

function writeFields(sheet: Sheet, bill: BillDocument, top: number): void {
  const fields: [string, string][] = [
    ['Pay bill number', payBillNumber(bill.payBillNumber)],
    ['Bill number', bill.billNumber],
    ['Due date', day(bill.dueOn)],
    ['Amount due', money(bill.amountDue, bill.currency)],
  ];
  let y = top;
  for (const [name, value] of fields) {
    sheet.text(name, RIGHT_COLUMN, y + 1, QUIET);
    for (const line of sheet.lines(value, 142, VALUE)) {
      sheet.text(line, PAGE.right, y, { ...VALUE, align: 'right' });
      y += 12.5;
    }
    sheet.rule(y + 2, { from: RIGHT_COLUMN });
    y += 4.5;
  }
  y += 5;
  sheet.text('Amount enclosed', RIGHT_COLUMN, y + 8, { size: 9.5, face: 'bold' });
  sheet.box(PAGE.right - 134, y, 134, 26, { stroke: COLOURS.ink });
  sheet.text(currencySign(bill.currency), PAGE.right - 126, y + 7, { size: 11, colour: COLOURS.quiet });
}

function writePayer(sheet: Sheet, { addressee }: BillDocument, { name }: Biller, top: number): void {
  let y = top;
  const width = RIGHT_COLUMN - LEFT - 28;
  for (const line of addressee.flatMap((one) => sheet.lines(one, width)).slice(0, 5)) {
    sheet.text(line, LEFT, y);
    y += 11.5;
  }
  y += addressee.length > 0 ? 6 : 0;
  const how = `Make checks payable to ${name} and write your pay bill number on them. Please send no cash by mail.`;
  for (const line of sheet.lines(how, width, QUIET)) {
    sheet.text(line, LEFT, y, QUIET);
    y += 11;
  }
}

/** An amount beyond what a scan line can say is left to who reads the coupon. */
function remittanceOf({ payBillNumber: number, dueOn, amountDue }: BillDocument) {
  const minor = BigInt(amountDue.replace('.', ''));
  return { payBillNumber: number, dueOn, amount: fitsScanLine(minor) ? minor : 0n };
}

function currencySign(currency: string): string {
  const parts = new Intl.NumberFormat('en-US', { style: 'currency', currency }).formatToParts(0);
  return parts.find(({ type }) => type === 'currency')?.value ?? currency;
}
