import { canReadPdf, exampleBill, exampleBiller, pdfPages } from '#testing/bill-documents';
import { type Biller, type BillDocument } from './bill-document.js';
import { renderBill } from './render-bill.js';
import { readScanLine } from './scan-line.js';

const read = async (bill: BillDocument, biller: Biller = exampleBiller) => pdfPages(await renderBill(bill, biller));
const SCAN_LINE = /\d{15} \d{9} \d{13} \d/;

(canReadPdf() ? describe : describe.skip)('A bill, read by a program that is not ours (CO2),', () => {
  it('says who pays what to whom until when, with its pay bill number, lines and taxes', async () => {
    const [page = '', details = '', ...others] = await read(exampleBill());
    expect(others).toEqual([]);
    for (const text of ['Lakeside Fiber', '410 Harbor Street', 'Jane Q. Public', 'Pay by February 15, 2026']) {
      expect(page).toContain(text);
    }
    expect(page).toMatch(/Pay bill number +1234 5678 9012 44/);
    expect(page).toMatch(/Previous balance .bill B-2025-0912 of Dec 26, 2025. +\$120\.00/);
    expect(page).toMatch(/Payments received – thank you +−\$120\.00/);
    expect(page).toMatch(/Amount due by February 15, 2026 +\$52\.49/);
    expect(page).toMatch(/Jan 12, 2026 +Payment received online · confirmation 7K2M-9QXD-4TRA +−\$120\.00/);
    expect(details).toMatch(/Plan 1 +1 +\$49\.99 +\$49\.99/);
    expect(details).toMatch(/Vermont, 4% +\$2\.00/);
    expect(details).toMatch(/Total new charges +\$52\.49/);
    expect(page).toContain('Page 1 of 2');
  });

  it('has a coupon with the address to send it to, and a scan line that says what the bill says', async () => {
    const [page = ''] = await read(exampleBill());
    const coupon = page.slice(page.indexOf('Detach here'));
    expect(coupon).toContain('P.O. Box 4100');
    expect(coupon).toContain('Amount enclosed');
    expect(readScanLine(SCAN_LINE.exec(coupon)![0])).toEqual({
      payBillNumber: '12345678901244',
      dueOn: '2026-02-15',
      amount: 5249n,
    });
  });

  it('is the same file for the same bill, byte for byte', async () => {
    const once = await renderBill(exampleBill({ lines: 40 }), exampleBiller);
    expect(await renderBill(exampleBill({ lines: 40 }), exampleBiller)).toEqual(once);
  });

  it.each([12, 60, 200])(
    'of %i lines shows each once, over pages that repeat their heads and are numbered',
    async (lines) => {
      const pages = await read(exampleBill({ lines }));
      const all = pages.join('\n');
      for (let line = 1; line <= lines; line++) {
        expect(all.match(new RegExp(`(Plan|Add-on) ${line} .*\\$49\\.99$`, 'gm'))).toHaveLength(1);
      }
      pages.forEach((page, index) => expect(page).toContain(`Page ${index + 1} of ${pages.length}`));
      for (const page of pages.slice(1)) {
        expect(page).toContain('Pay bill number 1234 5678 9012 44');
        if (/Plan \d/.test(page)) expect(page).toMatch(/Description +Quantity +Price +Amount/);
      }
      // What is summed up stands on the page of its sum.
      const last = pages.at(-1)!;
      expect(last).toContain('Charges before taxes');
      expect(last).toContain('Total new charges');
      expect(pages.filter((page) => SCAN_LINE.test(page))).toHaveLength(1);
    },
  );

  it('over nothing, and one that leaves credit, say so, ask for nothing and have no coupon', async () => {
    const nothing = await read(exampleBill({ amountDue: '0.00' }));
    expect(nothing.join()).toContain('nothing is due');
    const credit = await read(exampleBill({ amountDue: '-25.50' }));
    expect(credit.join()).toMatch(/Credit balance[^]*\$25\.50[^]*Do not pay/);
    for (const pages of [nothing, credit]) {
      expect(pages.join()).not.toMatch(/Detach here|Pay by|Amount enclosed/);
      expect(pages.join()).not.toMatch(SCAN_LINE);
    }
  });

  it('that was reversed since says so on every page and has no coupon', async () => {
    const pages = await read(exampleBill({ lines: 60, reversedOn: '2026-02-03' }));
    expect(pages[0]).toContain('Reversed February 3, 2026 – do not pay this bill');
    for (const page of pages) expect(page).toContain('REVERSED');
    expect(pages.join()).not.toMatch(SCAN_LINE);
  });

  it('speaks of what is past due, and of late fees, only when there is something to say', async () => {
    const plain = (await read(exampleBill())).join();
    expect(plain).not.toMatch(/past due|late fee/i);
    const late = exampleBill({ changes: {}, activity: [], amountDue: '172.49', pastDue: '120.00' });
    const biller = { ...exampleBiller, lateFeeNote: 'A late fee of 1.25% a month is charged on what is past due.' };
    const [page = ''] = await read(late, biller);
    expect(page).toContain('$120.00 of the amount due is past due. Please pay it now.');
    expect(page).toContain('A late fee of 1.25% a month');
  });

  it('prints accents, Greek and Cyrillic as they are, and what its fonts lack as its number, never as a box', async () => {
    const names = ['Zoë Ångström-Łukasiewicz', 'Αθηνά Παπαδοπούλου', 'Юлия Щербакова', 'Jose\u0301 王 😀'];
    const [page = ''] = await read(exampleBill({ addressee: names }));
    for (const name of names.slice(0, 3)) expect(page).toContain(name);
    expect(page).toContain('José [U+738B] [U+1F600]');
  });

  it('shows the largest amounts to the last cent, and leaves one that no scan line can say to the reader', async () => {
    const amount = '999999999999999.99';
    const [page = ''] = await read(exampleBill({ amountDue: amount, charges: amount, total: amount }));
    expect(page).toContain('$999,999,999,999,999.99');
    expect(readScanLine(SCAN_LINE.exec(page)![0]).amount).toBe(0n);
  });

  it('does without an address to send to, a name and a bill before', async () => {
    const biller = { name: 'Lakeside Fiber', address: [], remitTo: [] };
    const bill = exampleBill({
      addressee: [],
      previous: undefined,
      previousBalance: '0.00',
      activity: [],
      changes: {},
    });
    const [page = ''] = await read(bill, biller);
    expect(page).not.toMatch(/undefined|null|NaN/);
    expect(page).toMatch(/^ *Previous balance +\$0\.00$/m);
  });
});
