import { BankFileRefused, type CheckedBankFile, checkBankFile, type ItemKind } from '#libs/bank-files';
import { formatMinor, minorUnitDigits } from '#libs/ledger';
import { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { answer } from './answer.js';
import { bankFilesWrite } from './bank-files-write.command.js';
import { ExitCode } from './failure.js';
import { jsonOption, WrongOption } from './options.js';
import { progress } from './progress.js';
import { inColour } from './style.js';
import { properties, table } from './table.js';

interface CheckOptions {
  readonly json?: boolean;
}

/** `paybill bank-files …`: files from and to banks. */
export function bankFilesCommand(): Command {
  const command = new Command('bank-files').description('files from and to banks: check and write');
  command
    .command('check')
    .description('verify a bank file as a whole: NACHA, BAI2, BAI lockbox, camt.053, camt.054')
    .argument('<file>', 'the file; its format is found from its content')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Verifies every control total, count, hash and check digit. Nothing is stored. Exits with 1 when the file is refused,
and names the record (line) and the reason.

Examples:
  paybill bank-files check returns-20261124.ach
  paybill bank-files check statement.xml --json`,
    )
    .action(checkFile);
  command.addCommand(bankFilesWrite());
  return command;
}

async function checkFile(file: string, options: CheckOptions): Promise<void> {
  try {
    const checked = await checkPath(file);
    answer(options, asJson(checked), () => asText(checked));
  } catch (error) {
    if (!(error instanceof BankFileRefused)) throw error;
    const { record, reason } = error;
    answer(options, { accepted: false, record, reason }, () => {
      return `${inColour('red', 'refused')} as a whole: record ${record}: ${reason}`;
    });
    process.exitCode = ExitCode.no;
  }
}

/** Verifies a file by its path, with a progress bar. @throws WrongOption, BankFileRefused */
async function checkPath(file: string): Promise<CheckedBankFile> {
  const size = await sizeOf(file);
  const shown = progress('check', Math.max(size, 1), 'MB');
  try {
    return await checkBankFile(() => createReadStream(file, { highWaterMark: 256 * 1024 }), {
      minorUnitDigits,
      onProgress: (bytes) => shown.update(bytes, Math.round(bytes / 1_000_000)),
    });
  } finally {
    shown.stop();
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongOption(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read`);
  });
  if (!found.isFile()) throw new WrongOption(`${file} is no file`);
  return found.size;
}

function asJson({ header, digest, bytes, records, items, totals }: CheckedBankFile): object {
  const kinds = [...totals].map(([kind, { count, sums }]) => {
    return {
      kind,
      count,
      sums: [...sums].map(([currency, minor]) => ({ amount: decimal(minor, currency), currency })),
    };
  });
  return { accepted: true, ...header, digest, bytes, records, items, totals: kinds };
}

function asText({ header, digest, bytes, records, totals }: CheckedBankFile): string {
  const { format, version, sender, receiver, createdOn, identification } = header;
  const said = properties([
    ['format', version === undefined ? format : `${format} (${version})`],
    ['from', sender],
    ['to', receiver],
    ['created', createdOn],
    ['identification', identification],
    ['size', `${records.toLocaleString('en')} records, ${bytes.toLocaleString('en')} bytes`],
    ['SHA-256', digest],
  ]);
  const rows = [...totals].map(([kind, { count, sums }]) => {
    const amounts = [...sums].map(([currency, minor]) => `${decimal(minor, currency)} ${currency}`);
    return [KINDS[kind], count.toLocaleString('en'), amounts.join(', ')];
  });
  const listed = rows.length > 0 ? table([['items', 'number', 'sum'], ...rows], [1, 2]) : 'it holds no items';
  return `${inColour('green', 'accepted')}: all controls hold\n\n${said}\n\n${listed}`;
}

const KINDS: Readonly<Record<ItemKind, string>> = {
  credit: 'credits',
  debit: 'debits',
  return: 'returns',
  'notification-of-change': 'notifications of change',
  prenote: 'prenotes',
  balance: 'balances',
  information: 'information only',
};

function decimal(minor: bigint, currency: string): string {
  return formatMinor(minor, minorUnitDigits(currency) ?? 0);
}
