import { type Biller, type BillDocument } from './bill-document.js';
import { COUPON_TOP, writeCoupon } from './layout/coupon.js';
import { type Block, detailsOf } from './layout/details.js';
import { isPayable, writeFront } from './layout/front.js';
import { COLOURS, PAGE, Sheet, type Style } from './layout/sheet.js';
import { day, payBillNumber } from './texts.js';

const QUIET: Style = { colour: COLOURS.quiet, size: 8 };
/** Where what is written begins on every page after the first. */
const FOLLOWING_TOP = 84;

/**
 * A bill as a PDF file of US Letter pages: what is due on the first, with a coupon at its foot when there is something to
 * pay, and the details from there on over as many pages as they take. The same bill gives the same bytes.
 * Characters that the fonts do not have (they cover Latin, Greek and Cyrillic) are printed as their number, `[U+738B]`.
 */
export async function renderBill(bill: BillDocument, biller: Biller): Promise<Buffer> {
  const sheet = await Sheet.open(`Bill ${bill.billNumber}`, biller.name, bill.issuedOn);
  sheet.addPage();
  const payable = isPayable(bill);
  const end = writeFront(sheet, bill, biller) + 8;
  if (payable) writeCoupon(sheet, bill, biller);
  flow(sheet, detailsOf(sheet, bill), end, payable ? COUPON_TOP - 24 : PAGE.bottom);
  numberPages(sheet, bill, biller);
  return sheet.finish();
}

/** Writes blocks from y on down the page and following ones; what has to stay together goes to the next page together. */
function flow(sheet: Sheet, blocks: readonly Block[], from: number, firstBottom: number): void {
  let [y, bottom] = [from, firstBottom];
  blocks.forEach((block, index) => {
    if (y + heightOf(together(blocks, index)) > bottom) {
      sheet.addPage();
      [y, bottom] = [FOLLOWING_TOP, PAGE.bottom];
      for (const head of block.again ?? []) y = drawn(head, y);
    }
    y = drawn(block, y);
  });
}

/** What stands with a block, itself included; by itself when all that is more than a page holds. */
function together(blocks: readonly Block[], first: number): Block[] {
  let last = first;
  while (blocks[last]?.keepsWithNext === true && last < blocks.length - 1) last++;
  const all = blocks.slice(first, last + 1);
  return heightOf(all) <= PAGE.bottom - FOLLOWING_TOP ? all : all.slice(0, 1);
}

function heightOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { height }) => sum + height, 0);
}

function drawn(block: Block, y: number): number {
  block.draw(y);
  return y + block.height;
}

/** Heads and feet, which name how many pages there are. */
function numberPages(sheet: Sheet, bill: BillDocument, biller: Biller): void {
  const { pages } = sheet;
  for (let page = 0; page < pages; page++) {
    sheet.turnTo(page);
    const number = `Page ${page + 1} of ${pages}`;
    const couponed = page === 0 && isPayable(bill);
    if (page > 0) writeHead(sheet, bill, biller);
    const y = couponed ? COUPON_TOP - 16 : 756;
    sheet.text(number, PAGE.right, y, { ...QUIET, align: 'right' });
    if (biller.contact !== undefined) sheet.text(biller.contact, PAGE.left, y, { ...QUIET, within: 400 });
    if (!couponed) sheet.rule(y - 6);
  }
}

function writeHead(sheet: Sheet, bill: BillDocument, { name }: Biller): void {
  sheet.text(name, PAGE.left, PAGE.top, { face: 'bold', size: 11, colour: COLOURS.accent, within: 240 });
  const reversed = bill.reversedOn === undefined ? '' : 'REVERSED \u00b7 ';
  const what = `${reversed}Bill ${bill.billNumber} \u00b7 ${day(bill.issuedOn)} \u00b7 Pay bill number ${payBillNumber(bill.payBillNumber)}`;
  sheet.text(what, PAGE.right, PAGE.top + 3, { ...QUIET, align: 'right', within: 330 });
  sheet.rule(PAGE.top + 22);
}
