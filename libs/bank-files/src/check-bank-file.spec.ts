import { bai2File, camtFile, nachaReturnFile } from '#testing/bank-files';
import { type BankFileItem } from './bank-file.js';
import { checkBankFile } from './check-bank-file.js';

const minorUnitDigits = (currency: string) => ({ USD: 2, EUR: 2, JPY: 0 })[currency];

function once(bytes: Uint8Array) {
  return (async function* () {
    yield await Promise.resolve(bytes);
  })();
}

async function read(text: string | Uint8Array): Promise<BankFileItem[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const items: BankFileItem[] = [];
  for await (const item of (await checkBankFile(() => once(bytes), { minorUnitDigits })).read()) items.push(item);
  return items;
}

describe('Checking a bank file', () => {
  it.each([
    ['nothing', ''],
    ['blank lines', '\n\n'],
    ['a letter', 'Dear customer,'],
    ['another XML', '<html><body/></html>'],
    ['bytes', '\u0000\u0001\u0002'],
    ['a lockbox header alone', '100ACMECABLE 00999999912611231800'],
  ])('refuses %s', async (_, text) => {
    await expect(read(text)).rejects.toThrow(/^record \d: /);
  });

  it('tells when the file was written to between its check and the reading of its items', async () => {
    const lines = (amount: bigint) =>
      [...nachaReturnFile([{ amount, code: 'R01', originalTrace: '121042880000001', identification: '1' }])].join('\n');
    let text = lines(1n);
    const checked = await checkBankFile(() => once(Buffer.from(text)), { minorUnitDigits });
    const reread = async () => {
      for await (const _ of checked.read());
    };
    await expect(reread()).resolves.toBeUndefined();
    text = lines(2n);
    await expect(reread()).rejects.toThrow('the file has changed while it was read');
    text = lines(1n).slice(0, 300);
    await expect(reread()).rejects.toThrow('the file has changed while it was read');
  });
});

describe('BAI2', () => {
  const details = (type: string) => [
    { number: '123456', balances: [], details: [{ type, minor: 100n, text: ['A, B/C', 'D'] }] },
  ];

  it('tells credits, debits and returned items apart by their type, with texts that hold commas and slashes', async () => {
    const kinds = await Promise.all(
      ['165', '475', '555', '557', '257', '890'].map(
        async (type) => (await read(bai2File(details(type)).join('\n')))[0],
      ),
    );
    expect(kinds).toMatchObject([
      { kind: 'credit', settledOn: '2026-11-23', references: ['A, B/C\nD', expect.stringMatching(/^REF/) as string] },
      { kind: 'debit' },
      { kind: 'return', of: 'payment', returnCode: '555' },
      { kind: 'return', of: 'payment' },
      { kind: 'return', of: 'payout' },
      { kind: 'information' },
    ]);
  });

  it('tells every type of item that comes back as a return, of a payment or of a payout', async () => {
    const told = async (type: string) => (await read(bai2File(details(type)).join('\n')))[0];
    for (const type of ['552', '555', '557', '558', '566']) {
      expect(await told(type)).toMatchObject({ kind: 'return', of: 'payment', returnCode: type });
    }
    for (const type of ['252', '255', '257', '258']) {
      expect(await told(type)).toMatchObject({ kind: 'return', of: 'payout', returnCode: type });
    }
  });

  it('refuses a transaction of less than nothing: its type says which way the money went', async () => {
    const negative = [{ number: '123456', balances: [], details: [{ type: '165', minor: -100n, text: ['A'] }] }];
    await expect(read(bai2File(negative).join('\n'))).rejects.toThrow(
      'record 4: the amount of a transaction (16) must not be negative',
    );
  });

  it('is read with the end of file of MS-DOS, on a line of its own or not', async () => {
    const text = bai2File(details('165')).join('\n');
    const items = await read(text);
    for (const end of ['\u001a', '\r\n\u001a', '\n\u001a\n']) expect(await read(text + end)).toEqual(items);
  });

  it.each([
    ['2', 'the group deletes what was sent before'],
    ['3', 'the group corrects what was sent before'],
    ['4', 'the group is a test'],
  ])('hands out no money of a group with status %s', async (status, because) => {
    const text = bai2File(details('165')).join('\n').replace('121042882,1,261123', `121042882,${status},261123`);
    expect(await read(text)).toMatchObject([{ kind: 'information', because }]);
  });

  it.each([
    ['S', 'S,60,30,10'],
    ['D', 'D,2,0,60,1,40'],
    ['0', '0'],
    ['1', '1'],
    ['2', '2'],
    ['Z', 'Z'],
    ['V', 'V,261124,0900'],
  ])('reads what follows the funds type %s', async (_, funds) => {
    const text = bai2File(details('165')).join('\n').replace(',V,261124,,', `,${funds},`);
    expect(await read(text)).toMatchObject([{ bankReference: 'REF3', amount: { minor: 100n } }]);
  });

  it.each([
    ['S,60,30,11', 'the availabilities make 101, and the amount is 100'],
    ['D,2,0,60,1,41', 'the availabilities make 101, and the amount is 100'],
    ['X', 'the funds type must be'],
    ['V,261324,0900', 'the value date is no date'],
  ])('refuses the funds %s', async (funds, reason) => {
    const text = bai2File(details('165')).join('\n').replace(',V,261124,,', `,${funds},`);
    await expect(read(text)).rejects.toThrow(`record 4: ${reason}`);
  });

  it('reads records of the declared length without line ends, and refuses longer ones', async () => {
    const lines = bai2File(details('165'));
    const declared = lines.with(0, lines[0]!.replace(',1,,,2/', ',1,80,1,2/'));
    const unbroken = await read(declared.map((line) => line.padEnd(80)).join(''));
    expect(unbroken).toEqual(await read(lines.join('\n')));
    await expect(read(declared.with(3, declared[3]!.padEnd(81, 'X')).join('\n'))).rejects.toThrow(
      'record 4: the record is longer',
    );
  });

  it('goes on where a line ends in a comma, and in trailers too', async () => {
    const lines = [
      '01,BANK,ACME,261124/',
      '88,0600,1,,,2/',
      '02,ACME,BANK,1/',
      '88,261123,,USD,2/',
      '03,123456,USD,015,+100,,,/',
      '88,040,-50,1,D,2,0,-30/',
      '88,1,-20/',
      '16,165,200,S,100/',
      '88,60,40,BANKREF',
      '88,CUSTREF,TEXT/',
      '49,250/',
      '88,8/',
      '98,250,1,11/',
      '99,250,1,14/',
    ];
    expect(await read(lines.join('\n'))).toMatchObject([
      { kind: 'balance', code: '015', amount: { minor: 100n } },
      { kind: 'balance', code: '040', amount: { minor: -50n } },
      { kind: 'credit', record: 8, amount: { minor: 200n }, references: ['CUSTREF', 'TEXT', 'BANKREF'] },
    ]);
    await expect(read(lines.with(13, '99,250,1,14,7/').join('\n'))).rejects.toThrow(
      'record 14: the trailer has more fields than its format',
    );
  });

  it('refuses another version', async () => {
    await expect(read(bai2File([]).join('\n').replace(',2/', ',3/'))).rejects.toThrow(
      'record 1: the version must be 2',
    );
  });
});

describe('camt', () => {
  const file = camtFile([{ side: 'CRDT', amounts: [500n], reference: 'A' }]).join('\n');

  it('tells the transactions of a batch entry one by one', async () => {
    const text = camtFile([{ side: 'CRDT', amounts: [100n, 250n], reference: 'A' }]).join('\n');
    expect((await read(text)).slice(2)).toMatchObject([
      { kind: 'credit', amount: { minor: 100n, currency: 'EUR' }, references: ['A-0'], settledOn: '2026-11-23' },
      { kind: 'credit', amount: { minor: 250n, currency: 'EUR' }, references: ['A-1'] },
    ]);
  });

  it('tells an entry of several transactions as a whole where only one of them is told, and lays nothing on what that names', async () => {
    const several = file
      .replace('NbOfTxs>1<', 'NbOfTxs>3<')
      .replace('<n:Amt Ccy="EUR">5.00</n:Amt></n:TxDtls>', '</n:TxDtls>');
    expect((await read(several)).at(-1)).toMatchObject({ kind: 'credit', amount: { minor: 500n }, references: [] });
  });

  it('refuses an entry whose one transaction is another amount, unless charges lie between', async () => {
    const less = file.replace('<n:Amt Ccy="EUR">5.00</n:Amt></n:TxDtls>', '<n:Amt Ccy="EUR">4.00</n:Amt></n:TxDtls>');
    await expect(read(less)).rejects.toThrow('the transactions make 400 minor units, and the entry is 500');
    const charged = less.replace(
      '</n:TxDtls>',
      '<n:Chrgs><n:TtlChrgsAndTaxAmt Ccy="EUR">1.00</n:TtlChrgsAndTaxAmt></n:Chrgs></n:TxDtls>',
    );
    expect((await read(charged)).at(-1)).toMatchObject({ amount: { minor: 500n }, references: ['A-0'] });
  });

  it('tells reversals and returns with the code of the bank, and entries that are not booked as information', async () => {
    const debit = camtFile([{ side: 'DBIT', amounts: [500n], reference: 'A' }]).join('\n');
    const reversal = debit.replace('<n:Sts>', '<n:RvslInd>true</n:RvslInd><n:Sts>');
    expect((await read(reversal)).at(-1)).toMatchObject({ kind: 'return', of: 'payment', returnCode: 'RVSL' });
    const returned = debit.replace('</n:TxDtls>', '<n:RtrInf><n:Rsn><n:Cd>AC04</n:Cd></n:Rsn></n:RtrInf></n:TxDtls>');
    expect((await read(returned)).at(-1)).toMatchObject({ kind: 'return', returnCode: 'AC04' });
    await expect(read(file.replace('BOOK', 'PDNG'))).rejects.toThrow('the closing balance is 10500 minor units of EUR');
    const notification = file
      .replaceAll('053', '054')
      .replaceAll('BkToCstmrStmt', 'BkToCstmrDbtCdtNtfctn')
      .replaceAll('n:Stmt>', 'n:Ntfctn>')
      .replace('BOOK', 'PDNG');
    expect((await read(notification)).at(-1)).toMatchObject({
      kind: 'information',
      because: 'the entry is not booked (PDNG)',
    });
  });

  it('reads every amount that XML Schema calls a decimal, and none that it does not', async () => {
    const items = await read(file);
    for (const amount of ['+5.00', '05.00', '5', '5.', '5.000']) {
      expect(await read(file.replaceAll('>5.00<', `>${amount}<`))).toEqual(items);
    }
    const half = camtFile([{ side: 'CRDT', amounts: [50n], reference: 'A' }]).join('\n');
    expect(await read(half.replaceAll('>0.50<', '>.5<'))).toEqual(await read(half));
    for (const amount of ['-5.00', '5,00', '5e0', '.', '+', '++5.00']) {
      await expect(read(file.replaceAll('>5.00<', `>${amount}<`))).rejects.toThrow('must be an amount');
    }
  });

  it('puts structured references before free text, and leaves out what says nothing', async () => {
    const text = file.replace(
      '</n:Refs>',
      '<n:TxId>NOTPROVIDED</n:TxId></n:Refs><n:RmtInf><n:Ustrd>bill</n:Ustrd><n:Strd><n:CdtrRefInf><n:Ref>RF18539007547034</n:Ref></n:CdtrRefInf></n:Strd></n:RmtInf>',
    );
    expect((await read(text)).at(-1)).toMatchObject({ references: ['RF18539007547034', 'bill', 'A-0'] });
  });

  it('is read in the encoding it declares', async () => {
    const named = file
      .replace('UTF-8', 'ISO-8859-1')
      .replace('</n:Refs>', '</n:Refs><n:RltdPties><n:Dbtr><n:Nm>José</n:Nm></n:Dbtr></n:RltdPties>');
    expect((await read(Buffer.from(named, 'latin1'))).at(-1)).toMatchObject({ name: 'José' });
    await expect(read(Buffer.from(named.replace('ISO-8859-1', 'UTF-8'), 'latin1'))).rejects.toThrow(
      'bytes that are no text',
    );
  });

  it.each<[string, (text: string) => string, string]>([
    [
      'document types, and so entities',
      (text) => text.replace('?>', '?><!DOCTYPE x [<!ENTITY a "b">]>'),
      'a document type is declared',
    ],
    ['elements nested without end', (text) => text.replace('<n:Sts>', '<n:A>'.repeat(100)), 'nested deeper'],
    ['broken XML', (text) => text.replace('</n:Sts>', ''), 'is not well-formed XML'],
    [
      'intraday reports',
      (text) => text.replaceAll('camt.053', 'camt.052').replaceAll('BkToCstmrStmt', 'BkToCstmrAcctRpt'),
      'camt.052',
    ],
    [
      'a namespace of something else',
      (text) => text.replace('camt.053.001.08', 'pain.001.001.09'),
      'the namespace of the document is none of camt',
    ],
    [
      'a creation time that is none',
      (text) => text.replace('2026-11-24T', '2026-13-24T'),
      'CreDtTm of GrpHdr is no date',
    ],
    ['another message', (text) => text.replaceAll('BkToCstmrStmt', 'CstmrPmtStsRpt'), 'neither camt.053 nor camt.054'],
    ['a currency that is not known', (text) => text.replaceAll('"EUR"', '"XXX"'), 'is none of ISO 4217'],
    ['amounts finer than the currency', (text) => text.replaceAll('5.00<', '5.001<'), 'at most 2 decimals'],
    [
      'another number of entries than said',
      (text) => text.replace('Ntries>1<', 'Ntries>2<'),
      'NbOfNtries is 2, and the entries make 1',
    ],
    [
      'another number of transactions than said',
      (text) => text.replace('<n:TxDtls>', '<n:TxDtls></n:TxDtls><n:TxDtls>'),
      'announces 1 transactions',
    ],
    ['no opening balance', (text) => text.replace('OPBD', 'OPAV'), 'no opening balance'],
  ])('is refused with %s', async (_, change, reason) => {
    await expect(read(change(file))).rejects.toThrow(reason);
  });

  it('is refused when statements of an account do not chain', async () => {
    const [head, group, ...first] = camtFile([{ side: 'CRDT', amounts: [500n], reference: 'A' }]);
    const statement = (blocks: string[]) => blocks.join('').replace('</n:BkToCstmrStmt></n:Document>', '');
    const next = (opening: bigint) =>
      camtFile([{ side: 'DBIT', amounts: [1n], reference: 'B' }], opening)
        .slice(2)
        .join('');
    await expect(read(`${head}${group}${statement(first)}${next(10_500n)}`)).resolves.toHaveLength(6);
    await expect(read(`${head}${group}${statement(first)}${next(10_501n)}`)).rejects.toThrow(
      'the statement before closes with 10500',
    );
  });
});
