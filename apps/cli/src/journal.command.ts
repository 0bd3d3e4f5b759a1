import { JOURNAL_FORMATS, type JournalFormatName } from '#libs/ledger';
import { syncDirectory } from '#libs/platform';
import { Command, Option } from 'commander';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { accountsOf, type Shard, shard, shards } from './account-shards.js';
import { answer } from './answer.js';
import { day, moment, path, position, requireOrder, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { progress } from './progress.js';
import { type ApiOptions, NoTarget, onApi } from './target.js';
import { refuseOccupied, whole } from './whole-file.js';

interface ExportOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
  readonly out: string;
  readonly format: JournalFormatName;
  readonly from?: string;
  readonly to?: string;
  readonly recordedAt?: string;
  readonly position?: bigint;
  readonly shard?: Shard;
  readonly shards?: readonly Shard[];
  readonly force?: true;
}

/** `paybill journal …` */
export function journalCommand(): Command {
  const command = new Command('journal').description('the double-entry journal, for other accounting programs');
  onApi(command.command('export'))
    .description('write the journal to a file: text for hledger and ledger, CSV or JSON Lines')
    .requiredOption('--out <path>', 'the file; - for standard output; with --shards a directory', path)
    .addOption(
      new Option('--format <format>', 'hledger and ledger read the same text')
        .choices(Object.keys(JOURNAL_FORMATS))
        .default('hledger'),
    )
    .option('--from <day>', 'first effective day; what came before is carried forward', day)
    .option('--to <day>', 'last effective day', day)
    .option('--recorded-at <moment>', 'only what had been recorded up to then: a day or an instant', moment)
    .option('--position <position>', 'only what was in the log up to this position: the same export again', position)
    .addOption(new Option('--shard <n/m>', 'only one of m shares of the accounts').argParser(shard).conflicts('shards'))
    .addOption(new Option('--shards <m>', 'a file for each of m shares of the accounts').argParser(shards))
    .addOption(new Option('--force', 'take the place of a file that is there').conflicts('shards'))
    .addHelpText(
      'after',
      `
The file gets its name when it is whole. A command that was killed is simply run again.

Examples:
  paybill journal export --out books.journal && hledger check -s -f books.journal
  paybill journal export --format csv --from 2026-01-01 --to 2026-03-31 --out quarter.csv
  paybill journal export --shards 8 --out books/
  paybill journal export --format jsonl --out - | head`,
    )
    .action(exportJournal);
  return command;
}

async function exportJournal(options: ExportOptions): Promise<void> {
  const { out, force } = options;
  requireOrder(options);
  if (options.shards) return exportShards(options, options.shards);
  if (out === '-') return exportToPipe(options);
  await refuseOccupied(out, 'file', force === true);
  const written = await whole(out, (temporary) => exportToFile(options, temporary, options.shard));
  answer(
    options,
    { ...written, out },
    () => `${written.entries} entries up to position ${written.position} are in ${out}`,
  );
}

/** A file for each shard, all of the same moment, in a directory that is there when all are. */
async function exportShards(options: ExportOptions, all: readonly Shard[]): Promise<void> {
  const { out, format } = options;
  if (out === '-') throw new WrongOption('--out must name a directory where there are --shards');
  await refuseOccupied(out, 'directory', false);
  let entries = 0;
  let at = options.position;
  await whole(out, async (temporary) => {
    await mkdir(temporary);
    for (const one of all) {
      const width = String(one.of).length;
      const name = `accounts-${String(one.number).padStart(width, '0')}-of-${one.of}.${JOURNAL_FORMATS[format]}`;
      const written = await exportToFile({ ...options, position: at }, join(temporary, name), one);
      entries += written.entries;
      at = written.position;
    }
    await syncDirectory(temporary);
  });
  const written = { entries, position: at, out, files: all.length };
  answer(options, written, () => `${entries} entries up to position ${at} are in ${all.length} files in ${out}`);
}

interface Written {
  readonly entries: number;
  readonly position: bigint;
}

async function exportToFile(options: ExportOptions, name: string, part: Shard | undefined): Promise<Written> {
  // Before anything is asked for: where nothing can be written, nobody has to wait to hear so.
  const file = await open(name, 'wx');
  try {
    return await transfer(options, part, file.createWriteStream({ flush: true }));
  } finally {
    await file.close();
  }
}

async function exportToPipe(options: ExportOptions): Promise<void> {
  try {
    await transfer(options, options.shard, process.stdout);
  } catch (error) {
    // Whoever reads has enough.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** Has Paybill export, into a stream, and shows how far it is. */
async function transfer(
  options: ExportOptions,
  part: Shard | undefined,
  into: NodeJS.WritableStream,
): Promise<Written> {
  const api = await PaybillApi.of(options);
  const { headers, body } = await api.stream(`/journal/export?${query(options, part)}`);
  const entries = Number(headers.get('journal-entries'));
  const title = part ? `exporting ${part.number}/${part.of}` : 'exporting';
  const shown = progress(title, entries);
  try {
    const counted = countEntries(options.format, (count) => shown.update(Math.min(count, entries), count));
    await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), counted, into);
  } catch (error) {
    if (!isCutOff(error)) throw error;
    throw new NoTarget('Paybill cut the export off before its end; its log says why');
  } finally {
    shown.stop();
  }
  return { entries, position: BigInt(headers.get('journal-position') ?? 0) };
}

function query({ format, from, to, recordedAt, position: at }: ExportOptions, part: Shard | undefined): string {
  const named = { format, from, to, recordedAt, position: at?.toString(), ...(part && accountsOf(part)) };
  return new URLSearchParams(
    Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ).toString();
}

/** The connection broke in the middle of an answer. */
function isCutOff(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'terminated';
}

/** What in each format every entry has once, at the beginning of a line. */
const ENTRY: Readonly<Record<JournalFormatName, RegExp>> = {
  hledger: /^ {4}; event: /gm,
  ledger: /^ {4}; event: /gm,
  csv: /^\d{4}-\d\d-\d\d,1,/gm,
  jsonl: /^\{/gm,
};

/** Lets a journal pass and says how many entries have. */
function countEntries(format: JournalFormatName, onCount: (count: number) => void): Transform {
  let count = 0;
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // What is looked for is ASCII: it is the same in Latin-1, which is cheap to read.
      const text = rest + chunk.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      const met = text.slice(0, end).match(ENTRY[format])?.length ?? 0;
      rest = text.slice(end);
      if (met > 0) onCount((count += met));
      done(null, chunk);
    },
  });
}
