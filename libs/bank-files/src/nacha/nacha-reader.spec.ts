import { type BankFileItem } from '../bank-file.js';
import { checkBankFile } from '../check-bank-file.js';

const RECEIVER = '231380104';
const ODFI = '12104288';
const figures = (value: number | bigint, columns: number) => value.toString().padStart(columns, '0');

interface Entry {
  readonly code: string;
  readonly amount?: bigint;
  readonly fields?: string;
  readonly addenda?: readonly string[];
}

/** The records of a file of one batch whose controls hold; addenda get the ends of their own by their type. */
function fileOf(
  secCode: string,
  entries: readonly Entry[],
  header: Partial<Record<'settlement' | 'effective' | 'name', string>> = {},
) {
  const { settlement = '   ', effective = '261125', name = '' } = header;
  const lines = [
    `101 ${RECEIVER} 1210428822611241200A094101${'OUR BANK'.padEnd(23)}${'THEIR BANK'.padEnd(23)}${' '.repeat(8)}`,
    `5200${name.padEnd(36)}1234567890${secCode}${'PAYMENT'.padEnd(10)}${' '.repeat(6)}${effective}${settlement}1${ODFI}0000001`,
  ];
  let [count, debits, credits] = [0, 0n, 0n];
  for (const [index, { code, amount = 0n, fields = '', addenda = [] }] of entries.entries()) {
    const trace = ODFI + figures(index + 1, 7);
    lines.push(
      `6${code}${RECEIVER}${'12345678'.padEnd(17)}${figures(amount, 10)}${fields.padEnd(39)}${addenda.length > 0 ? 1 : 0}${trace}`,
    );
    for (const [at, text] of addenda.entries()) {
      const isData = text.startsWith('05');
      lines.push(isData ? `7${text.padEnd(82)}${figures(at + 1, 4)}${trace.slice(8)}` : `7${text.padEnd(78)}${trace}`);
    }
    count += 1 + addenda.length;
    if (/[1-4]/.test(code[1]!)) credits += amount;
    else debits += amount;
  }
  const hash = figures(entries.length * Number(RECEIVER.slice(0, 8)), 10);
  const totals = `${hash}${figures(debits, 12)}${figures(credits, 12)}`;
  lines.push(`8200${figures(count, 6)}${totals}1234567890${' '.repeat(25)}${ODFI}0000001`);
  lines.push(`9000001${figures(Math.ceil((lines.length + 1) / 10), 6)}${figures(count, 8)}${totals}${' '.repeat(39)}`);
  return lines;
}

async function read(lines: readonly string[] | Uint8Array): Promise<BankFileItem[]> {
  const bytes = lines instanceof Uint8Array ? lines : Buffer.from(lines.join('\n'));
  async function* source() {
    yield await Promise.resolve(bytes);
  }
  const items: BankFileItem[] = [];
  for await (const item of (await checkBankFile(source, { minorUnitDigits: () => 2 })).read()) items.push(item);
  return items;
}

const returned = (code: string) => `99${code}${ODFI}0000077${' '.repeat(6)}${ODFI}`;
/** An addenda 98 with its 29 columns of corrected data. */
const change = (code: string, data: string) => `98${code}${ODFI}0000077${' '.repeat(6)}${ODFI}${data}`;

describe('Returns in a NACHA file', () => {
  it('have the reason of the bank, or the title of the code, and the day of death with R14 and R15', async () => {
    const items = await read(
      fileOf('PPD', [
        { code: '26', amount: 5_990n, addenda: [returned('R01')] },
        { code: '26', amount: 100n, addenda: [`99R15${ODFI}0000078261101${ODFI}`] },
        { code: '36', amount: 200n, addenda: [`${returned('R10')}NOT MINE`] },
      ]),
    );
    expect(items).toMatchObject([
      {
        kind: 'return',
        of: 'payment',
        returnCode: 'R01',
        reason: 'Insufficient funds',
        originalTrace: `${ODFI}0000077`,
      },
      { returnCode: 'R15', diedOn: '2026-11-01' },
      { returnCode: 'R10', reason: 'NOT MINE' },
    ]);
  });

  it('are refused when a second 799 says the same again', async () => {
    const twice = fileOf('PPD', [{ code: '26', amount: 1n, addenda: [returned('R01'), returned('R02')] }]);
    await expect(read(twice)).rejects.toThrow('record 5: a 799 that follows another must dishonor or contest');
  });

  it('that are disputed are told apart, with the code of the return (R61–R70 dishonored, R71–R77 contested)', async () => {
    const dishonored = `99R69${ODFI}0000077${' '.repeat(6)}${ODFI}   ${ODFI}000009932801${'FIELDS'.padEnd(21)}`;
    const contested = `99R73${ODFI}0000077261101${ODFI}305${ODFI}000009932801${ODFI}000009933569 `;
    const items = await read(
      fileOf('PPD', [
        { code: '26', amount: 1n, addenda: [dishonored] },
        { code: '26', amount: 2n, addenda: [returned('R01'), dishonored, contested] },
      ]),
    );
    expect(items).toMatchObject([
      { stage: 'dishonored', returnCode: 'R69', disputedCode: 'R01', reason: 'FIELDS' },
      { stage: 'contested', returnCode: 'R73', disputedCode: 'R01', reason: 'Timely original return' },
    ]);
  });

  it('settle on the day of the batch, which is the nearest day of that number; else on that of the file', async () => {
    const entries = [{ code: '26', amount: 1n, addenda: [returned('R01')] }];
    const settledOn = async (settlement: string) => {
      const [item] = await read(fileOf('PPD', entries, { settlement, effective: '260101' }));
      return item && 'settledOn' in item && item.settledOn;
    };
    expect(await settledOn('328')).toBe('2026-11-24');
    expect(await settledOn('002')).toBe('2027-01-02');
    expect(await settledOn('   ')).toBe('2026-11-24');
    await expect(settledOn('367')).rejects.toThrow('record 2: the settlement date (columns 76–78) is no day of a year');
  });

  it('are refused without their addenda', async () => {
    await expect(read(fileOf('PPD', [{ code: '26', amount: 1n }]))).rejects.toThrow(
      'record 3: the transaction code is that of a return or change, and no addenda 99 or 98 follows',
    );
  });
});

describe('Notifications of change', () => {
  it('knows a reversal also where its description is not in capitals', async () => {
    const lines = fileOf('PPD', [{ code: '22', amount: 100n }]);
    for (const [description, reversal] of [
      ['REVERSAL', true],
      ['Reversal', true],
      ['PAYMENT', false],
    ] as const) {
      const described = lines.map((line) => line.replace('PAYMENT   ', description.padEnd(10)));
      expect(await read(described)).toMatchObject([{ kind: 'credit', reversal }]);
    }
  });

  it.each([
    ['C01', '987654321', { accountNumber: '987654321' }],
    ['C02', '121042882', { routingNumber: '121042882' }],
    ['C03', '121042882   987654321', { routingNumber: '121042882', accountNumber: '987654321' }],
    ['C04', 'NEW NAME', { name: 'NEW NAME' }],
    ['C05', '37', { transactionCode: '37' }],
    ['C06', `${'987654321'.padEnd(20)}37`, { accountNumber: '987654321', transactionCode: '37' }],
    [
      'C07',
      `121042882${'987654321'.padEnd(17)}37`,
      { routingNumber: '121042882', accountNumber: '987654321', transactionCode: '37' },
    ],
    ['C09', 'ID 9', { identification: 'ID 9' }],
  ])('say with %s what the fields should be', async (code, data, corrected) => {
    const [item] = await read(fileOf('COR', [{ code: '26', addenda: [change(code, data)] }]));
    expect(item).toMatchObject({ kind: 'notification-of-change', changeCode: code, corrected });
  });

  it('with a routing number whose check digit does not hold are told, and correct nothing', async () => {
    const [item] = await read(fileOf('COR', [{ code: '26', addenda: [change('C02', '121042883')] }]));
    expect(item).toMatchObject({
      corrected: {},
      problem: 'the check digit of the corrected routing number does not hold',
    });
  });

  it('that an originator refuses name the code that is refused (C61–C69)', async () => {
    const [item] = await read(
      fileOf('COR', [{ code: '26', addenda: [`${change('C65', '121042882'.padEnd(29))}C020000001`] }]),
    );
    expect(item).toMatchObject({ changeCode: 'C65', refusedCode: 'C02', reason: 'Incorrect routing number' });
  });

  it('are refused outside a batch of class COR, and with money', async () => {
    const addenda = [change('C01', '1')];
    await expect(read(fileOf('PPD', [{ code: '26', addenda }]))).rejects.toThrow('record 3: notifications of change');
    await expect(read(fileOf('COR', [{ code: '26', addenda, amount: 1n }]))).rejects.toThrow('the amount zero');
  });
});

describe('Entries of a NACHA file', () => {
  it('have identification and addenda as references, where their class has them', async () => {
    const ppd = await read(
      fileOf('PPD', [{ code: '22', amount: 1n, fields: `${'ID-7'.padEnd(15)}NAME`, addenda: ['05RMR*IV*7'] }]),
    );
    expect(ppd).toMatchObject([
      { kind: 'credit', references: ['ID-7', 'RMR*IV*7'], name: 'NAME', accountEnding: '5678' },
    ]);
    const cie = await read(fileOf('CIE', [{ code: '22', amount: 1n, fields: `${'NAME'.padEnd(15)}12345678901244` }]));
    expect(cie).toMatchObject([{ references: ['12345678901244'], name: 'NAME' }]);
    const ctx = await read(
      fileOf('CTX', [
        {
          code: '22',
          amount: 1n,
          fields: `${'ID-8'.padEnd(15)}0002COMPANY`,
          addenda: ['05A', '05B'],
        },
      ]),
    );
    expect(ctx).toMatchObject([{ references: ['ID-8', 'A', 'B'], name: 'COMPANY' }]);
  });

  it('of SHR never show the card number that stands in them', async () => {
    const card = '4111111111111111';
    const items = await read(
      fileOf('SHR', [{ code: '27', amount: 1n, fields: `1226${'REF'.padEnd(11)}${card.padStart(22, '0')}` }]),
    );
    expect(
      JSON.stringify(items, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain(card);
  });

  it.each<[string, (lines: string[]) => string[], string]>([
    [
      'a prenote with money',
      (lines) => lines.map((line) => line.replace(/^627/, '628')),
      'record 3: a prenote entry must have the amount zero',
    ],
    [
      'a record that is cut',
      (lines) => lines.with(2, lines[2]!.slice(0, -1)),
      'record 3: the record has 93 characters and must have 94',
    ],
    ['a record that is too long', (lines) => lines.with(2, `${lines[2]}1`), 'record 3: the record has 95 characters'],
    [
      'a date that is none',
      (lines) => lines.with(1, lines[1]!.replace('261125', '260229')),
      'record 2: the effective entry date',
    ],
    ['another record size', (lines) => lines.with(0, lines[0]!.replace('094101', '095101')), 'record 1: record size'],
    [
      'a trace number of another bank',
      (lines) => lines.with(2, lines[2]!.replace(/12104288(\d{7})$/, '99104288$1')),
      'record 3: the trace number',
    ],
    [
      'an unknown class',
      (lines) => lines.with(1, lines[1]!.replace('PPD', 'XXX')),
      'record 2: the standard entry class',
    ],
    ['advices between banks', (lines) => lines.with(1, lines[1]!.replace('PPD', 'ADV')), 'record 2: ADV batches'],
    [
      'a batch control of another company',
      (lines) => lines.with(3, lines[3]!.replace('1234567890', '1234567891')),
      'record 4: the company identification',
    ],
    [
      'more addenda than its class has',
      () => fileOf('WEB', [{ code: '27', amount: 1n, addenda: ['05A', '05B'] }]),
      'record 3: an entry of class WEB has at most 1 addenda, and 2 follow',
    ],
    ['something after the end', (lines) => [...lines, lines[2]!], 'record 6: nothing but records of nines'],
    ['a blank line', (lines) => lines.toSpliced(2, 0, ''), 'record 3: the line is blank'],
  ])('are refused with %s', async (_, change, reason) => {
    const lines = fileOf('PPD', [{ code: '27', amount: 1n }]);
    await expect(read(change(lines))).rejects.toThrow(reason);
  });

  it('are read without line ends, with names in UTF-8 or Latin 1, and without blanks at the ends of header and control', async () => {
    const lines = fileOf('PPD', [{ code: '27', amount: 1n, fields: `${'1'.padEnd(15)}${'José'.padEnd(22)}` }]);
    const [item] = await read(lines);
    expect(item).toMatchObject({ name: 'José' });
    expect(await read(Buffer.from(lines.join('\r\n'), 'latin1'))).toEqual([item]);
    expect(await read(lines.map((line) => line.trimEnd()))).toEqual([item]);
    const unbroken = [{ ...item, record: 3 }];
    expect(await read(Buffer.from(lines.join(''), 'latin1'))).toEqual(unbroken);
    expect(await read(Buffer.from(`${lines.join('')}\n`, 'latin1'))).toEqual(unbroken);
  });
});
