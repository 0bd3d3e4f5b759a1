import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BankFileItem, BankFileRefused } from './bank-file.js';
import { checkBankFile } from './check-bank-file.js';

const FOLDER = process.env['PAYBILL_BANK_FILES'] ?? '../shared/data/bank-files';
const DIGITS: Readonly<Record<string, number>> = { USD: 2, GBP: 2, EUR: 2, CAD: 2, SEK: 2, CHF: 2, JPY: 0 };
const minorUnitDigits = (currency: string) => DIGITS[currency];

async function check(name: string) {
  return checkBankFile(() => createReadStream(join(FOLDER, name)), { minorUnitDigits });
}

async function itemsOf(name: string): Promise<BankFileItem[]> {
  const items: BankFileItem[] = [];
  for await (const item of (await check(name)).read()) items.push(item);
  return items;
}

/** What matters of an item on one line. */
function told(item: BankFileItem): string {
  const amount = 'amount' in item ? ` ${item.amount.minor} ${item.amount.currency}` : '';
  return `${item.record} ${item.kind}${amount}`;
}

describe('Bank files of public repositories (PROVENANCE.md says which are valid)', () => {
  if (!existsSync(FOLDER)) {
    it.skip(`needs the samples: ${FOLDER} is not there (PAYBILL_BANK_FILES)`, () => undefined);
    return;
  }

  it.each([
    ['ach/NACHA_SAMPLE_TEL_REVERSAL.ach', ['3 credit 685100 USD', '4 debit 685100 USD']],
    ['ach/return-WEB.ach', ['3 return 12354 USD', '7 return 4565 USD']],
    ['ach/ppd-debit.ach', ['3 debit 200000000 USD']],
    ['ach/tel-debit.ach', ['3 debit 50000 USD']],
    ['ach/arc-debit.ach', ['3 debit 250000 USD']],
    ['ach/cor-read.ach', ['3 notification-of-change']],
    ['lockbox/test_lockbox.bai', ['4 credit 700000 USD']],
    [
      'camt/camt053.v2.multi.statement.xml',
      [
        '42 balance 1815 EUR',
        '54 balance 2700 EUR',
        '83 credit 885 EUR',
        '121 balance 2700 EUR',
        '133 balance 2000 EUR',
        '162 debit 700 EUR',
      ],
    ],
  ])('reads %s', async (name, expected) => {
    const items = await itemsOf(name);
    expect(items.map(told)).toEqual(expected);
    expect(items.map(({ item }) => item)).toEqual(items.map((_, index) => index + 1));
  });

  it('sums up what a file holds by kind', async () => {
    const { totals, header, records } = await check('ach/two-micro-deposits.ach');
    expect(header).toMatchObject({ format: 'NACHA', sender: 'Moov, Inc', createdOn: '2020-03-24' });
    expect(records).toBe(20);
    expect(totals).toEqual(
      new Map([
        ['credit', { count: 4, sums: new Map([['USD', 120n]]) }],
        ['debit', { count: 2, sums: new Map([['USD', 120n]]) }],
      ]),
    );
  });

  it('reads the returns of R01 and R03 with the traces of what comes back', async () => {
    expect(await itemsOf('ach/return-WEB.ach')).toMatchObject([
      { of: 'payment', stage: 'return', returnCode: 'R01', originalTrace: '091400600000001', settledOn: '2018-10-17' },
      { of: 'payout', stage: 'return', returnCode: 'R03', originalTrace: '091400600000003', accountEnding: '9999' },
    ]);
  });

  it('reads what a notification of change wants changed', async () => {
    expect(await itemsOf('ach/cor-read.ach')).toMatchObject([
      { changeCode: 'C01', corrected: { accountNumber: '1918171614' }, originalTrace: '121042880000001' },
    ]);
  });

  it('reads balances and details of BAI2, with texts that go on', async () => {
    const items = await itemsOf('bai2/nwb_example.bai2');
    const details = items.filter(({ kind }) => kind !== 'balance');
    expect(details.map(told)).toEqual([
      '5 debit 971 GBP',
      '7 debit 100 GBP',
      '9 debit 123 GBP',
      '11 debit 1571 GBP',
      '13 credit 89 GBP',
    ]);
    expect(details.at(-1)).toMatchObject({
      settledOn: '2009-12-16',
      references: [expect.stringMatching(/CLIE\nNT SEC/)],
    });
    expect(items.filter(({ kind }) => kind === 'balance')).toHaveLength(9);
    const second = await check('bai2/sample1.txt');
    expect(second.totals.get('credit')).toEqual({ count: 5, sums: new Map([['CAD', 320_000n]]) });
    expect(second.totals.get('debit')).toEqual({ count: 12, sums: new Map([['CAD', 320_000n]]) });
  });

  it('reads check number and memo of a lockbox', async () => {
    expect(await itemsOf('lockbox/test_lockbox.bai')).toMatchObject([
      {
        bankReference: '180',
        references: ['CE554', expect.any(String)],
        settledOn: '2016-05-23',
        accountEnding: '5555',
      },
    ]);
  });

  it.each([
    ['ach/ppd-debit-invalid-entryDetail-checkDigit.ach', 3, 'the check digit of the receiving DFI'],
    [
      'camt/camt053.v2.minimal.xml',
      54,
      'the closing balance is -2700 minor units of SEK, and opening balance and entries make 2700 of EUR',
    ],
  ])('refuses %s as a whole', async (name, record, reason) => {
    const refused = await check(name).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BankFileRefused);
    expect(String(refused)).toContain(`record ${record}: ${reason}`);
  });
});
