import { type Biller, type BillDocument } from '../bill-document.js';
import { CHANGES, day, money, payBillNumber, shortDay } from '../texts.js';
import { COLOURS, PAGE, type Sheet, type Style } from './sheet.js';

const QUIET: Style = { colour: COLOURS.quiet, size: 8.5 };
const VALUE: Style = { size: 9, face: 'bold' };
const HALF = 330;

/** The first page down to the end of the summary: who, what, how much and until when. Gives where it ends. */
export function writeFront(sheet: Sheet, bill: BillDocument, biller: Biller): number {
  sheet.text(biller.name, PAGE.left, PAGE.top, { size: 17, face: 'bold', colour: COLOURS.accent, within: HALF - 74 });
  biller.address.forEach((line, index) =>
    sheet.text(line, PAGE.left, PAGE.top + 25 + index * 11, { ...QUIET, within: 250 }),
  );
  writeKeys(sheet, bill);
  writeAddressee(sheet, bill.addressee);
  writeAmountDue(sheet, bill);
  return writeSummary(sheet, bill, biller, 262);
}

/** What the bill is called by. */
function writeKeys(sheet: Sheet, bill: BillDocument): void {
  const { period } = bill;
  const keys: [string, string][] = [
    ['Pay bill number', payBillNumber(bill.payBillNumber)],
    ['Bill number', bill.billNumber],
    ['Bill date', day(bill.issuedOn)],
  ];
  if (period) keys.push(['Billing period', `${shortDay(period.from)} \u2013 ${shortDay(period.to)}`]);
  let y = PAGE.top + 4;
  for (const [name, value] of keys) {
    sheet.text(name, HALF, y, QUIET);
    for (const line of sheet.lines(value, PAGE.right - HALF - 75, VALUE)) {
      sheet.text(line, PAGE.right, y, { ...VALUE, align: 'right' });
      y += 14;
    }
  }
}

/** Where the window of a no. 10 envelope shows it when the page is folded in three. */
function writeAddressee(sheet: Sheet, addressee: readonly string[]): void {
  const style = { size: 10.5 };
  const lines = addressee.flatMap((line) => sheet.lines(line, HALF - 90, style)).slice(0, 7);
  lines.forEach((line, index) => sheet.text(line, 72, 156 + index * 13.5, style));
}

/** Whether there is something to pay. */
export function isPayable({ amountDue, reversedOn }: BillDocument): boolean {
  return reversedOn === undefined && !amountDue.startsWith('-') && /[1-9]/.test(amountDue);
}

function writeAmountDue(sheet: Sheet, bill: BillDocument): void {
  const [top, height, inside] = [148, 84, HALF + 14];
  sheet.box(HALF, top, PAGE.right - HALF, height, { fill: COLOURS.tint });
  const { title, amount, what, colour } = standing(bill);
  sheet.text(title, inside, top + 11, { size: 9.5, colour });
  sheet.text(amount, inside, top + 25, { size: 25, face: 'bold', colour, within: PAGE.right - inside - 14 });
  sheet.text(what, inside, top + 61, { size: 10, face: 'bold', within: PAGE.right - inside - 14 });
}

function standing(bill: BillDocument) {
  const { amountDue, currency, dueOn, reversedOn } = bill;
  const { accent, alarm } = COLOURS;
  if (reversedOn !== undefined) {
    const what = `Reversed ${day(reversedOn)} \u2013 do not pay this bill`;
    return { title: 'This bill is reversed', amount: 'REVERSED', what, colour: alarm };
  }
  if (isPayable(bill)) {
    return { title: 'Amount due', amount: money(amountDue, currency), what: `Pay by ${day(dueOn)}`, colour: accent };
  }
  const credit = amountDue.startsWith('-');
  return {
    title: credit ? 'Credit balance' : 'Amount due',
    amount: money(credit ? amountDue.slice(1) : amountDue, currency),
    what: credit ? 'Do not pay \u2013 your credit is kept for you' : 'Do not pay \u2013 nothing is due',
    colour: accent,
  };
}

function writeSummary(sheet: Sheet, bill: BillDocument, biller: Biller, top: number): number {
  let y = top;
  sheet.text('Account summary', PAGE.left, y, { size: 12, face: 'bold', colour: COLOURS.accent });
  y += 20;
  for (const [label, amount] of summaryOf(bill)) {
    sheet.text(label, PAGE.left, y, { size: 10, within: 390 });
    sheet.text(money(amount, bill.currency), PAGE.right, y, { size: 10, align: 'right', within: 160 });
    y += 16;
  }
  sheet.rule(y, { colour: COLOURS.ink, width: 0.9 });
  y += 6;
  const last = { size: 11, face: 'bold' } as const;
  sheet.text(lastLabel(bill), PAGE.left, y, last);
  sheet.text(money(bill.amountDue, bill.currency), PAGE.right, y, { ...last, align: 'right', within: 160 });
  y += 24;
  for (const { text, style } of notesOf(bill, biller)) {
    for (const line of sheet.lines(text, PAGE.right - PAGE.left, style)) {
      sheet.text(line, PAGE.left, y, style);
      y += 12;
    }
    y += 3;
  }
  return y;
}

function summaryOf({ previous, previousBalance, changes, charges, taxTotal }: BillDocument): [string, string][] {
  const of = previous ? ` (bill ${previous.billNumber} of ${shortDay(previous.issuedOn)})` : '';
  const kinds = Object.keys(CHANGES) as (keyof typeof CHANGES)[];
  return [
    [`Previous balance${of}`, previousBalance],
    ...kinds.flatMap((kind): [string, string][] => {
      const amount = changes[kind];
      return amount === undefined ? [] : [[CHANGES[kind], amount]];
    }),
    ['New charges', charges],
    ['Taxes', taxTotal],
  ];
}

function lastLabel(bill: BillDocument): string {
  if (bill.reversedOn !== undefined) return 'Amount when it was issued \u2013 do not pay';
  if (isPayable(bill)) return `Amount due by ${day(bill.dueOn)}`;
  return bill.amountDue.startsWith('-') ? 'Credit balance \u2013 do not pay' : 'Nothing is due \u2013 do not pay';
}

function notesOf(bill: BillDocument, { payNote, lateFeeNote }: Biller): { text: string; style: Style }[] {
  if (!isPayable(bill)) return [];
  const notes: { text: string; style: Style }[] = [];
  if (/[1-9]/.test(bill.pastDue)) {
    const text = `${money(bill.pastDue, bill.currency)} of the amount due is past due. Please pay it now.`;
    notes.push({ text, style: { size: 9.5, face: 'bold', colour: COLOURS.alarm } });
  }
  if (payNote !== undefined) notes.push({ text: payNote, style: { size: 9 } });
  if (lateFeeNote !== undefined) notes.push({ text: lateFeeNote, style: QUIET });
  return notes;
}
