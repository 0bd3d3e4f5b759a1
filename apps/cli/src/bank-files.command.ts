import { type CheckedBankFile, type ItemKind } from '#libs/bank-files';
import { formatMinor, minorUnitDigits } from '#libs/ledger';
import { Command } from 'commander';
import { answer } from './answer.js';
import { checkedOrRefused } from './bank-files-check.js';
import { bankFilesImport } from './bank-files-import.command.js';
import { bankFilesWrite } from './bank-files-write.command.js';
import { jsonOption } from './options.js';
import { inColour } from './style.js';
import { properties, table } from './table.js';

interface CheckOptions {
  readonly json?: boolean;
}

/** `paybill bank-files …`: files from and to banks. */
export function bankFilesCommand(): Command {
  const command = new Command('bank-files').description('files from and to banks: check, import and write');
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
  command.addCommand(bankFilesImport());
  command.addCommand(bankFilesWrite());
  return command;
}

async function checkFile(file: string, options: CheckOptions): Promise<void> {
  const checked = await checkedOrRefused(file, options);
  if (checked) answer(options, asJson(checked), () => asText(checked));
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
