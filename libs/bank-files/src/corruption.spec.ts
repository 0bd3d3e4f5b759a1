import fc from 'fast-check';
import { bai2File, camtFile, lockboxFile, nachaReturnFile } from '#testing/bank-files';
import { type BankFileItem, BankFileRefused } from './bank-file.js';
import { checkBankFile } from './check-bank-file.js';
import { type NachaOrder, writeNacha } from './nacha/nacha-writer.js';

const cents = fc.bigInt({ min: 1n, max: 99_999n });
const figures = (least: number, most: number) => fc.stringMatching(new RegExp(`^\\d{${least},${most}}$`));

const account = fc.record({
  routingNumber: fc.constantFrom('231380104', '121042882', '031300012', '091000019'),
  accountNumber: figures(4, 17),
  type: fc.constantFrom('checking' as const, 'savings' as const),
  holder: fc.string({ maxLength: 30 }),
});
const identification = figures(1, 15);
const order: fc.Arbitrary<NachaOrder> = fc.oneof(
  fc.record({ kind: fc.constant('debit' as const), account, identification, amount: cents, isRecurring: fc.boolean() }),
  fc.record({ kind: fc.constant('prenote' as const), account, identification }),
);
const smallCents = fc.bigInt({ min: 1n, max: 99n });
const microDeposits: fc.Arbitrary<NachaOrder> = fc.record({
  kind: fc.constant('micro-deposits' as const),
  account,
  identification,
  credits: fc.tuple(smallCents, smallCents),
});
const batch = fc.record({
  secCode: fc.constantFrom('PPD' as const, 'WEB' as const, 'TEL' as const),
  description: fc.string({ maxLength: 12 }),
  effectiveOn: fc.constant('2026-11-25'),
  orders: fc.oneof(
    fc.array(order, { minLength: 1, maxLength: 6 }),
    fc.array(microDeposits, { minLength: 1, maxLength: 3 }),
  ),
});
const written = fc.array(batch, { minLength: 1, maxLength: 3 }).map((batches) => ({
  batches,
  lines: [
    ...writeNacha({
      originator: {
        destination: '121042882',
        destinationName: 'Bank',
        origin: '1234567890',
        originName: 'Acme Cable',
        companyName: 'Acme Cable',
        companyId: '1234567890',
        odfi: '121042882',
      },
      createdOn: '2026-11-24',
      createdAt: '1200',
      modifier: 'A',
      firstTrace: 1,
      batches,
    }),
  ],
}));
const returns = fc
  .array(
    fc.record({
      amount: cents,
      code: fc.constantFrom('R01', 'R02', 'R10', 'R29'),
      originalTrace: figures(15, 15),
      identification,
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) => [...nachaReturnFile(all, 3)]);

const bai2 = fc
  .array(
    fc.record({
      number: figures(5, 12),
      balances: fc.array(
        fc.record({ type: fc.constantFrom('010', '015', '100'), minor: fc.bigInt({ min: -9_999n, max: 9_999n }) }),
        { maxLength: 3 },
      ),
      details: fc.array(
        fc.record({
          type: fc.constantFrom('165', '169', '475', '555'),
          minor: cents,
          text: fc.array(fc.stringMatching(/^[A-Z ,/0-9]{0,20}[A-Z]$/), { maxLength: 3 }),
        }),
        { maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(bai2File);
const check = fc.record({
  amount: cents,
  invoices: fc.array(fc.stringMatching(/^[A-Z0-9]{1,12}$/), { maxLength: 3 }),
});
const lockbox = fc
  .array(fc.array(check, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map(lockboxFile);
const camt = fc
  .array(
    fc.record({
      side: fc.constantFrom('CRDT' as const, 'DBIT' as const),
      amounts: fc.array(cents, { minLength: 1, maxLength: 3 }),
      reference: fc.stringMatching(/^[A-Z0-9]{1,10}$/),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((entries) => camtFile(entries));

/** Digits that a control covers, as the group of an expression, in the records of a format. */
const FORMATS: [string, fc.Arbitrary<string[]>, RegExp[]][] = [
  ['NACHA as written', written.map(({ lines }) => lines), nachaFigures()],
  ['NACHA returns', returns, nachaFigures()],
  [
    'BAI2',
    bai2,
    [/^16,\d{3},(\d+)/, /^(?:49|98|99),[+-]([\d,]+)/, /^03,\d+,,\d{3},[+-](\d+),/, /^88,\d{3},[+-](\d+),,Z/],
  ],
  ['BAI lockbox', lockbox, [/^6.{6}(\d{10})/, /^7(\d{3})/, /^7.{6}(\d{26})/, /^8.{6}(\d{27})/, /^9(\d{6})/]],
  ['camt.053', camt, [/<n:Amt(?: Ccy="EUR")?>(\d+)\.\d\d</, /<n:NbOfNtries>(\d+)</]],
];

function nachaFigures(): RegExp[] {
  return [/^6..(\d{9})/, /^6.{28}(\d{10})/, /^8...(\d{40})/, /^8.{79}(\d{15})/, /^9(?!9{93})(\d{54})/];
}

const isFiller = (line: string) => /^9{94}$/.test(line);

async function read(
  lines: readonly string[],
  end = '\n',
  pieces = 4096,
): Promise<Omit<BankFileItem, 'item' | 'record'>[]> {
  const bytes = Buffer.from(lines.join(end));
  async function* source() {
    for (let from = 0; from < bytes.length; from += pieces)
      yield await Promise.resolve(bytes.subarray(from, from + pieces));
  }
  const checked = await checkBankFile(source, { minorUnitDigits: (currency) => (currency === 'JPY' ? 0 : 2) });
  const items = [];
  for await (const { item: _, record: __, ...item } of checked.read()) items.push(item);
  expect(items).toHaveLength(checked.items);
  return items;
}

const asText = (items: readonly object[]) =>
  items
    .map((item) => JSON.stringify(item, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))
    .sort();

/** The money that items move; texts may stand in any order for all that a format verifies. */
const money = (items: readonly object[]) =>
  asText((items as BankFileItem[]).map((item) => ({ kind: item.kind, amount: 'amount' in item && item.amount })));

describe.each(FORMATS)('A whole file of %s', (_, arbitrary, controlled) => {
  it('is read in pieces of any size, with CR LF and without an end of the last line', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 300 }), async (lines, pieces) => {
        const items = asText(await read(lines));
        expect(asText(await read([...lines, ''], '\r\n', pieces))).toEqual(items);
      }),
      { numRuns: 50 },
    );
  });

  it('is refused when a record is missing, or there twice', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.nat(), fc.boolean(), async (lines, place, twice) => {
        const at = place % lines.length;
        // One record of nines and none are the same: some banks cut them off.
        fc.pre(twice || !isFiller(lines[at]!) || lines.filter(isFiller).length > 1);
        const broken = twice ? lines.toSpliced(at, 0, lines[at]!) : lines.toSpliced(at, 1);
        await expect(read(broken)).rejects.toBeInstanceOf(BankFileRefused);
      }),
      { numRuns: 200 },
    );
  });

  it('with two records exchanged is refused, or says the same all the same', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.nat(), fc.nat(), async (lines, left, right) => {
        const [one, other] = [left % lines.length, right % lines.length];
        fc.pre(lines[one] !== lines[other]);
        const broken = lines.with(one, lines[other]!).with(other, lines[one]!);
        const items = await read(broken).catch((error: unknown) => error);
        if (!(items instanceof BankFileRefused)) expect(money(items as object[])).toEqual(money(await read(lines)));
      }),
      { numRuns: 200 },
    );
  });

  it('is refused when a digit of an amount, a count, a hash or a sum is another', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitrary,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        async (lines, line, digit, by) => {
          const places = lines.flatMap((text, at) => {
            return controlled.flatMap((figures) => {
              const match = figures.exec(text);
              if (!match) return [];
              const from = match.index + match[0].lastIndexOf(match[1]!);
              return [...match[1]!].flatMap((char, index) => (/\d/.test(char) ? [[at, from + index] as const] : []));
            });
          });
          const [at, column] = places[(line * 97 + digit) % places.length]!;
          const text = lines[at]!;
          const other = (Number(text[column]) + by) % 10;
          const broken = lines.with(at, text.slice(0, column) + other + text.slice(column + 1));
          await expect(read(broken)).rejects.toBeInstanceOf(BankFileRefused);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is refused when it ends early', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.nat(), async (lines, place) => {
        const text = lines.filter((line) => !isFiller(line)).join('\n');
        const cut = text.slice(0, place % (text.trimEnd().length - 3));
        await expect(read([cut])).rejects.toBeInstanceOf(BankFileRefused);
      }),
      { numRuns: 200 },
    );
  });
});

describe('What the writer of NACHA files writes', () => {
  it('the reader takes, with every order as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(written, async ({ batches, lines }) => {
        expect(lines.length % 10).toBe(0);
        const expected = batches.flatMap(({ secCode, orders }) =>
          [...orders].flatMap((one): (string | bigint | undefined)[][] => {
            const code = (checking: string, savings: string) =>
              `${secCode} ${one.account.type === 'checking' ? checking : savings}`;
            if (one.kind === 'prenote') return [['prenote', code('28', '38'), undefined]];
            if (one.kind === 'debit') return [['debit', code('27', '37'), one.amount]];
            const [first, second] = one.credits;
            return [
              ['credit', code('22', '32'), first],
              ['credit', code('22', '32'), second],
              ['debit', code('27', '37'), first + second],
            ];
          }),
        );
        const items = (await read(lines)) as BankFileItem[];
        expect(
          items.map((item) => [
            item.kind,
            'code' in item && item.code,
            'amount' in item ? item.amount.minor : undefined,
          ]),
        ).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});
