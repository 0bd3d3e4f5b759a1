import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountingPrograms, accountLog } from '#testing/ledger';
import { inChart, isResult } from '../chart-of-accounts.js';
import { type JournalEntry } from '../journal-entry.js';
import { byAccount, exportedEntries } from './exported-entry.js';
import { journalOf, totalsFrom, totalsOf, written } from './entry-examples.js';
import { PlainText } from './plain-text.js';

/** Each run starts a program several times. */
const RUNS = { numRuns: 12 };
const days = fc.array(fc.nat(200), { minLength: 1, maxLength: 7 });
const journal = fc.tuple(accountLog, days).map(([log, after]) => journalOf(log, after));

const SIGNS = [...' ;:()[]<>{}"\'\t\n\r%|*!=@~#&,./\\^$-+0', '\u00a0', '\u3000', '\u200b', 'é', '漢', '\u0301'];
const text = fc.string({ unit: fc.oneof(fc.constantFrom(...SIGNS), fc.string({ unit: 'binary', maxLength: 1 })) });
const names = fc.array(
  text.filter((name) => name !== ''),
  { minLength: 1, maxLength: 40 },
);

describe.each(accountingPrograms())('A journal as text, read by $name', (program) => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paybill-journal-'));
    file = join(directory, 'books.journal');
  });
  afterAll(() => rm(directory, { recursive: true }));

  const refusal = async (content: string): Promise<string | undefined> => {
    await writeFile(file, content);
    return program.check(file).then(
      () => undefined,
      (error: Error) => error.message,
    );
  };
  const plainText = (entries: readonly JournalEntry[], from?: string) =>
    written(new PlainText(undefined), entries, from);

  it('is accepted in the strictest mode, and comes to the same in every account and currency', async () => {
    await fc.assert(
      fc.asyncProperty(journal, async (entries) => {
        expect(await refusal(plainText(entries))).toBeUndefined();
        expect(totalsFrom(await program.balances(file))).toEqual(totalsOf(entries));
      }),
      RUNS,
    );
  }, 120_000);

  it('is accepted with what tills were over and short, which is of no customer', async () => {
    const short = (currency: string, amount: string, over: string): JournalEntry => ({
      ...{ position: '7', accountId: null, revision: '3', eventId: '00000000-0000-8000-8000-000000000007' },
      kind: 'till-difference',
      ...{ reference: '00000000-0000-5000-8000-00000000000b', reason: 'drawer-left-open' },
      ...{ effectiveAt: '2026-01-15T12:00:00.000Z', recordedAt: '2026-01-15T12:00:00.000Z' },
      postings: [
        { account: 'Cash Clearing', amount: { amount, currency } },
        { account: 'Cash Over and Short', amount: { amount: over, currency } },
      ],
    });
    const entries = [short('USD', '-50.00', '50.00'), short('EUR', '0.20', '-0.20')];
    const format = new PlainText(undefined);
    const extent = { position: '7', entries: 2 };
    const texts = entries.map((entry) => format.account([entry]));
    expect(await refusal(format.begin(extent) + texts.join('') + format.end(extent))).toBeUndefined();
    expect(totalsFrom(await program.balances(file))).toEqual(totalsOf(entries));
  });

  it('is accepted for a period, with balances carried forward and results in equity', async () => {
    await fc.assert(
      fc.asyncProperty(journal, async (entries) => {
        const from = '2026-04-10';
        expect(await refusal(plainText(entries, from))).toBeUndefined();
        const exported = [...byAccount(entries)].flatMap((account) => exportedEntries(account, from));
        const found = totalsFrom(await program.balances(file));
        expect(found).toEqual(totalsOf(exported));
        const balances = Object.entries(totalsOf(entries)).filter(([account]) => !isResult(inChart(account)));
        expect(found).toMatchObject(Object.fromEntries(balances));
      }),
      RUNS,
    );
  }, 120_000);

  it('keeps whatever services, jurisdictions, bills and reasons are called, and lets none of it be syntax', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (called) => {
        const entries = called.map((name, index) => naming(name, index));
        expect(await refusal(plainText(entries))).toBeUndefined();
        expect(totalsFrom(await program.balances(file))).toEqual(totalsOf(entries));
        const { codes, reasons } = await program.texts(file);
        expect(new Set(codes.map(decodeURIComponent))).toEqual(new Set(called));
        expect(new Set(reasons.map(decodeURIComponent))).toEqual(new Set(called));
      }),
      RUNS,
    );
  }, 120_000);

  it('is refused when an entry is missing', async () => {
    await fc.assert(
      fc.asyncProperty(journal, fc.nat(), async (entries, which) => {
        const paragraphs = plainText(entries).split('\n\n');
        const events = paragraphs.flatMap((paragraph, index) => (paragraph.includes('; event: ') ? [index] : []));
        fc.pre(events.length > 0);
        paragraphs.splice(events[which % events.length]!, 1);
        expect(await refusal(paragraphs.join('\n\n'))).toMatch(/assert/i);
      }),
      RUNS,
    );
  }, 120_000);

  it('is refused when a cent of a customer’s balance is changed, also where debit and credit still agree', async () => {
    const bill = (day: number, billNumber: string): JournalEntry => ({
      ...naming('internet', day),
      reference: billNumber,
    });
    const content = plainText([bill(0, 'B-1'), bill(1, 'B-2'), bill(40, 'B-3')]);
    expect(await refusal(content)).toBeUndefined();
    expect(await refusal(content.replace('  1.06 USD', '  1.07 USD'))).toBeDefined();
    const moved = content.replace('  1.06 USD', '  1.07 USD').replace('  -1.00 USD', '  -1.01 USD');
    expect(await refusal(moved)).toMatch(/assert/i);
    const late = '2026-02-28 * Bill issued\n    Income:Revenue:internet  -5.00 USD\n';
    const added = `${late}    Assets:Accounts Receivable:${bill(0, '').accountId}  5.00 USD\n\n`;
    expect(await refusal(content.replace(/^2026-02-28 \* Closing/m, `${added}$&`))).toMatch(/assert/i);
  });
});

/** A bill of 1.06 in which everything is called the same. */
function naming(name: string, day: number): JournalEntry {
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  return {
    position: String(day),
    accountId: '00000000-0000-4000-8000-00000000000a',
    revision: String(day),
    eventId: '00000000-0000-8000-8000-00000000000b',
    kind: 'bill-issued',
    reference: name,
    reason: name,
    effectiveAt: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    recordedAt: '2026-06-01T00:00:00.000Z',
    postings: [
      { account: 'Accounts Receivable', amount: usd('1.06') },
      { account: `Revenue:${name}`, amount: usd('-1.00') },
      { account: `Tax Payable:${name}`, amount: usd('-0.06') },
    ],
  };
}
