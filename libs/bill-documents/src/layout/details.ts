import { type BillDocument, type BilledLine } from '../bill-document.js';
import { activity, heading, money, price, quantity, rate, shortDay } from '../texts.js';
import { COLOURS, PAGE, type Sheet, type Style } from './sheet.js';

/** Something as high as it says, that stands whole on one page. */
export interface Block {
  readonly height: number;
  draw(y: number): void;
  /** What is written again above it where it is the first on a page. */
  readonly again?: readonly Block[];
  /** Stays on the page of the block after it. */
  readonly keepsWithNext?: true;
}

const QUIET: Style = { colour: COLOURS.quiet, size: 8.5 };
const HEAD: Style = { colour: COLOURS.quiet, size: 8, face: 'bold' };
const LEADING = 11.5;
const DESCRIPTION = { left: PAGE.left, right: 318 };
const QUANTITY = { right: 392, width: 70 };
const PRICE = { right: 474, width: 76 };
const AMOUNT = { right: PAGE.right, width: 78 };

/** What happened since the bill before, each charge, and the taxes. */
export function detailsOf(sheet: Sheet, bill: BillDocument): Block[] {
  const { activity: happened } = bill;
  return [
    ...(happened.length === 0 ? [] : activityBlocks(sheet, bill)),
    ...chargeBlocks(sheet, bill),
    ...totals(sheet, bill),
  ];
}

function activityBlocks(sheet: Sheet, bill: BillDocument): Block[] {
  const left = PAGE.left + 84;
  const columns = tableHead(sheet, [
    { text: 'Date', at: PAGE.left, align: 'left' },
    { text: 'Description', at: left, align: 'left' },
    { text: 'Amount', at: AMOUNT.right, align: 'right' },
  ]);
  const rows = bill.activity.map((one): Block => {
    const lines = sheet.lines(activity(one), 300);
    return {
      height: lines.length * LEADING + 5,
      again: [columns],
      draw(y) {
        sheet.text(shortDay(one.on), PAGE.left, y);
        writeLines(sheet, lines, left, y);
        sheet.text(money(one.amount, bill.currency), AMOUNT.right, y, { align: 'right', within: 110 });
      },
    };
  });
  return [title(sheet, bill.previous ? 'Since your last bill' : 'Before this bill'), columns, ...rows, gap(12)];
}

function chargeBlocks(sheet: Sheet, bill: BillDocument): Block[] {
  const columns = tableHead(sheet, [
    { text: 'Description', at: DESCRIPTION.left, align: 'left' },
    { text: 'Quantity', at: QUANTITY.right, align: 'right' },
    { text: 'Price', at: PRICE.right, align: 'right' },
    { text: 'Amount', at: AMOUNT.right, align: 'right' },
  ]);
  const rows: Block[] = [];
  let service: string | undefined;
  for (const line of bill.lines) {
    if (line.service !== service) rows.push(subheading(sheet, heading(line.service), columns));
    service = line.service;
    // The last stays with the totals, so that no sum stands alone on a page.
    const last = line === bill.lines.at(-1);
    rows.push({ ...chargeRow(sheet, bill, line, columns), ...(last && { keepsWithNext: true }) });
  }
  return [title(sheet, 'New charges'), columns, ...rows];
}

function chargeRow(sheet: Sheet, { currency }: BillDocument, line: BilledLine, columns: Block): Block {
  const width = DESCRIPTION.right - DESCRIPTION.left - 10;
  const lines = sheet.lines(line.description, width);
  const off = line.discounts.flatMap(({ description, amount }) =>
    sheet.lines(`Less ${description}: ${price(amount, currency)}`, width, QUIET),
  );
  const continued = subheading(sheet, `${heading(line.service)} (continued)`);
  return {
    height: (lines.length + off.length) * LEADING + 4,
    again: [columns, continued],
    draw(y) {
      writeLines(sheet, lines, DESCRIPTION.left + 10, y);
      writeLines(sheet, off, DESCRIPTION.left + 10, y + lines.length * LEADING, QUIET);
      sheet.text(quantity(line.quantity), QUANTITY.right, y, { align: 'right', within: QUANTITY.width });
      sheet.text(price(line.unitPrice, currency), PRICE.right, y, { align: 'right', within: PRICE.width });
      sheet.text(money(line.net, currency), AMOUNT.right, y, { align: 'right', within: AMOUNT.width });
    },
  };
}

/** Charges, each tax and what they come to, kept together. */
function totals(sheet: Sheet, { charges, taxes, total, currency }: BillDocument): Block[] {
  const left = DESCRIPTION.right;
  const row = (label: string, amount: string): Block => ({
    height: 13,
    keepsWithNext: true,
    draw(y) {
      sheet.text(label, left, y, { within: 150 });
      sheet.text(money(amount, currency), AMOUNT.right, y, { align: 'right', within: 84 });
    },
  });
  const style = { face: 'bold', size: 10 } as const;
  return [
    { height: 10, keepsWithNext: true, draw: (y) => sheet.rule(y + 4, { from: left }) },
    row('Charges before taxes', charges),
    ...taxes.map((tax) => row(`${tax.jurisdiction}, ${rate(tax.rate)}`, tax.amount)),
    {
      height: 24,
      draw(y) {
        sheet.rule(y + 1, { from: left, colour: COLOURS.ink, width: 0.9 });
        sheet.text('Total new charges', left, y + 6, style);
        sheet.text(money(total, currency), AMOUNT.right, y + 6, { ...style, align: 'right', within: 130 });
      },
    },
  ];
}

function title(sheet: Sheet, text: string): Block {
  const style = { size: 12, face: 'bold', colour: COLOURS.accent } as const;
  return { height: 20, keepsWithNext: true, draw: (y) => sheet.text(text, PAGE.left, y, style) };
}

function tableHead(sheet: Sheet, cells: readonly { text: string; at: number; align: 'left' | 'right' }[]): Block {
  return {
    height: 19,
    keepsWithNext: true,
    draw(y) {
      for (const { text, at, align } of cells) sheet.text(text, at, y, { ...HEAD, align });
      sheet.rule(y + 13);
    },
  };
}

function subheading(sheet: Sheet, text: string, columns?: Block): Block {
  const draw = (y: number) => sheet.text(text, PAGE.left, y + 1, { face: 'bold', within: 480 });
  return { height: 15, keepsWithNext: true, draw, ...(columns && { again: [columns] }) };
}

function gap(height: number): Block {
  return { height, draw: () => undefined };
}

function writeLines(sheet: Sheet, lines: readonly string[], x: number, y: number, style?: Style): void {
  lines.forEach((line, index) => sheet.text(line, x, y + index * LEADING, style));
}
