import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ProjectionRunner, ReadBarrier } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { accountingPrograms, telcoHistory, type TelcoLog } from '#testing/ledger';
import { testEngines, type TestDatabase } from '#testing/platform';
import { formatMinor } from '../../money/minor-units.js';
import { readModels } from '../../read-models.js';
import { LEDGER } from '../../reads/ledger.js';
import { JournalQueries } from '../journal.queries.js';
import { totalsFrom, totalsOf } from './entry-examples.js';
import { JournalExport } from './journal-export.queries.js';
import { PlainText } from './plain-text.js';

/** So that hledger, which keeps all of a journal in memory, has enough in 300 MB. */
const SHARDS = 16;
const SHARD_BY = '0123456789abcdef';
/** One for each core of the machines this runs on. */
const AT_ONCE = 2;

const programs = accountingPrograms();
// PostgreSQL where there is one.
const engine = (await testEngines()).at(-1)!;

describe.each(telcoHistory())('The journal of the telco history', (history) => {
  let telco: TelcoLog;
  let test: TestDatabase;
  let journal: JournalQueries;
  let whole: string;
  let shards: string[];
  /** Our trial balance, as `12.30 USD` for each general-ledger account. */
  let ours: Record<string, string[]>;

  beforeAll(async () => {
    telco = await history.open();
    test = await engine.create();
    await project(telco, test.db);
    journal = new JournalQueries(test.db);
    whole = await write('whole');
    shards = [];
    for (const digit of SHARD_BY) shards.push(await write(`shard-${digit}`, digit));
    const [books] = await journal.trialBalance();
    const postings = books!.accounts.map(({ account, balance }) => ({ account, amount: balance }));
    ours = totalsOf([{ postings }]);
  }, 900_000);
  afterAll(async () => {
    await test.drop();
    await telco.close();
  });

  /** Exports all accounts, or those whose ids begin with a digit. @returns the file */
  async function write(name: string, digit?: string): Promise<string> {
    const file = join(telco.directory, `${name}.journal`);
    const range = digit && { accountFrom: digit + BEGIN.slice(1), accountTo: digit + END.slice(1) };
    const exporting = new JournalExport(test.db, journal);
    const extent = await exporting.extent({ position: `${telco.outcome.position}`, ...range });
    await pipeline(Readable.from(exporting.text(extent, new PlainText(undefined))), createWriteStream(file));
    return file;
  }

  it('has what the source says was billed and paid', () => {
    const usd = (minor: bigint) => [`${formatMinor(minor, 2)} USD`];
    const { bills, payments } = telco.outcome.figures;
    expect(ours).toMatchObject({ 'Cash Clearing': usd(payments.minor) });
    const { 'Revenue:internet': internet, 'Revenue:phone': phone } = ours;
    const revenue = [internet, phone].map((amounts) => BigInt(amounts![0]!.replace(/\D/g, '')));
    expect(revenue[0]! + revenue[1]!).toBe(bills.minor);
  });

  it.each(programs)(
    'is accepted by $name, and comes to the same to the cent',
    async (program) => {
      const found: Record<string, string[]>[] = [];
      const left = program.name === 'hledger' ? [...shards] : [whole];
      const worker = async () => {
        for (let file = left.shift(); file !== undefined; file = left.shift()) {
          await program.check(file);
          found.push(totalsFrom(await program.balances(file)));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expect(found).toHaveLength(program.name === 'hledger' ? SHARDS : 1);
      expect(sumOf(found)).toEqual(ours);
    },
    600_000,
  );

  it.each(programs)(
    'is refused by $name when a cent or an entry of it is not as it was',
    async (program) => {
      const text = await readFile(shards[7]!, 'utf8');
      const file = join(telco.directory, 'tampered.journal');
      const paragraphs = text.split('\n\n');
      const middle = paragraphs.findIndex((one, index) => index > paragraphs.length / 2 && one.includes('Bill issued'));
      const cent = paragraphs[middle]!.replaceAll(/\d\.\d\d(?= USD)/g, (amount) => (Number(amount) + 0.01).toFixed(2));
      for (const instead of [[cent], []]) {
        await writeFile(file, paragraphs.toSpliced(middle, 1, ...instead).join('\n\n'));
        await expect(program.check(file)).rejects.toThrow(/assert/i);
      }
    },
    120_000,
  );
});

const BEGIN = '00000000-0000-0000-0000-000000000000';
const END = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

async function project({ store, outcome }: TelcoLog, db: Database): Promise<void> {
  const enough = new AbortController();
  const running = new ProjectionRunner(store, db, readModels).run(enough.signal);
  await new ReadBarrier(db, 600_000).waitFor(LEDGER, outcome.position);
  enough.abort();
  await running;
}

function sumOf(all: readonly Record<string, string[]>[]): Record<string, string[]> {
  return totalsOf(
    all.flatMap((totals) =>
      Object.entries(totals).map(([account, amounts]) => ({
        postings: amounts.map((text) => {
          const [amount = '', currency = ''] = text.split(' ');
          return { account, amount: { amount, currency } };
        }),
      })),
    ),
  );
}
