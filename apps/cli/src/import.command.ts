import { CommandHandling, EventStore } from '#libs/event-sourcing';
import {
  countLines,
  Import,
  type ImportOutcome,
  type LedgerTotals,
  reconcile,
  type ReconciliationLine,
  type SourceLine,
  telcoSource,
} from '#libs/ledger';
import { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { PaybillApi, RefusedByPaybill } from './paybill-api.js';
import { progress } from './progress.js';
import { inColour } from './style.js';
import { table } from './table.js';
import { type ApiOptions, type EventStoreOptions, onPaybill, type Target, target } from './target.js';

/** The body is checked where it is made; here it only has to have the type. */
const Totals = z.custom<LedgerTotals>((body) => typeof body === 'object' && body !== null && 'trialBalance' in body);

/** Where the lines come from: a name that makes ids, and the number of lines for the progress bar. */
export interface Source {
  readonly name: string;
  readonly lines: AsyncIterable<SourceLine> | Iterable<SourceLine>;
  readonly total: number;
}

/** `paybill import …` */
export function importCommand(): Command {
  const command = new Command('import').description(
    'write the history of another system through the ordinary commands',
  );
  onPaybill(command.command('telco'))
    .description('IBM’s telco customer churn data: an account per customer, a bill and a payment per month')
    .argument('<file>', 'the CSV file')
    .addHelpText(
      'after',
      `
Works on the Paybill that --url and --eventstore name, else on the one running on --data, else starts one there
for as long as it takes. May be killed and run again at any time: nothing is written twice.

Example:
  paybill import telco telco-customer-churn.csv --data ./data`,
    )
    .action(importTelco);
  return command;
}

type ImportOptions = ApiOptions & EventStoreOptions & { readonly json?: boolean };

async function importTelco(file: string, options: ImportOptions): Promise<void> {
  const paybill = await target(options);
  try {
    const outcome = await runImport(paybill, await telco(file));
    const imported = await reconciled(paybill, outcome);
    answer(options, imported, () => sentences(imported));
    await reportRefused(outcome, `${file.replace(/^.*[/\\]/, '')}.refused.txt`);
    process.exitCode = imported.agrees && imported.refused === 0 ? ExitCode.done : ExitCode.no;
  } finally {
    await paybill.stop();
  }
}

export async function telco(file: string): Promise<Source> {
  const total = await countLines(file).catch(() => 0);
  return { name: 'telco', lines: telcoSource(file), total };
}

/** Imports a source into a Paybill. */
export async function runImport({ eventStoreUrl }: Target, source: Source): Promise<ImportOutcome> {
  const store = new EventStore(eventStoreUrl);
  const shown = progress('importing', source.total);
  try {
    // Accounts are written one after the other and not met again: there is no use in remembering many.
    const handling = new CommandHandling(store, { cachedEvents: 20_000 });
    return await new Import(store, handling, {
      name: source.name,
      currency: 'USD',
      actor: 'import',
      onProgress: ({ lines, events }) => shown.update(lines, events),
    }).run(source.lines);
  } finally {
    shown.stop();
    await store.close();
  }
}

/** What an import has come to. */
export interface Imported {
  /** How many were written by this run. */
  readonly events: number;
  /** Accounts that an earlier run had already written whole. */
  readonly already: number;
  /** Lines of the source that were refused. */
  readonly refused: number;
  readonly reconciliation: readonly ReconciliationLine[];
  readonly agrees: boolean;
}

/** Holds what the source says against what the read models say. */
export async function reconciled({ url }: Target, outcome: ImportOutcome): Promise<Imported> {
  const reconciliation = reconcile(outcome.figures, await readTotals(new PaybillApi(url), outcome.position));
  return {
    events: outcome.events,
    already: outcome.already,
    refused: outcome.refused.length,
    reconciliation,
    agrees: reconciliation.every((line) => line.agrees),
  };
}

/** The totals once the read models have everything up to a position; they are allowed to take their time. */
async function readTotals(api: PaybillApi, after: bigint): Promise<LedgerTotals> {
  for (;;) {
    try {
      return await api.ask(Totals, `/totals?currency=USD&after=${after}`);
    } catch (error) {
      if (!(error instanceof RefusedByPaybill) || error.code !== 'READ_MODEL_BEHIND') throw error;
    }
  }
}

/** What an import has come to, for a person. */
export function sentences({ events, already, reconciliation, agrees }: Imported): string {
  const rows = reconciliation.map(({ what, source, ledger, agrees }) => {
    return [what, source, ledger, agrees ? inColour('green', 'ok') : inColour('red', 'DIFFERS')];
  });
  const there = already > 0 ? `, ${already} accounts were there already` : '';
  const verdict = agrees
    ? inColour('green', 'Everything agrees to the cent.')
    : inColour('red', 'The ledger does NOT agree with its source.');
  return `${events} events written${there}\n\n${table([['', 'source', 'ledger', ''], ...rows], [1, 2])}\n\n${verdict}`;
}

/** Names every refused line in a report file. */
export async function reportRefused({ refused }: ImportOutcome, file: string): Promise<void> {
  if (refused.length === 0) return;
  await writeFile(file, refused.map(({ line, reason }) => `line ${line}: ${reason}\n`).join(''));
  for (const { line, reason } of refused.slice(0, 10)) console.error(`line ${line}: ${reason}`);
  if (refused.length > 10) console.error(`… and ${refused.length - 10} more`);
  console.error(`${refused.length} lines were refused, the others imported; all of them are named in ${file}`);
}
