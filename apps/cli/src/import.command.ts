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
import { dataOption } from './options.js';
import { progress } from './progress.js';
import { table } from './table.js';
import { type Target, target } from './target.js';

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
  command
    .command('telco')
    .description('IBM’s telco customer churn data: an account per customer, a bill and a payment per month')
    .argument('<file>', 'the CSV file')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Works on the Paybill that PAYBILL_URL and EVENTSTORE_URL name, else on the one running on --data, else starts one there
for as long as it takes. May be killed and run again at any time: nothing is written twice.

Example:
  paybill import telco telco-customer-churn.csv --data ./data`,
    )
    .action(importTelco);
  return command;
}

async function importTelco(file: string, { data }: { data: string }): Promise<void> {
  const paybill = await target(data);
  try {
    const outcome = await runImport(paybill, await telco(file));
    const already = outcome.already > 0 ? `, ${outcome.already} accounts were there already` : '';
    console.log(`${outcome.events} events written${already}\n`);
    const agrees = await printReconciliation(paybill, outcome);
    await reportRefused(outcome, `${file.replace(/^.*[/\\]/, '')}.refused.txt`);
    process.exitCode = agrees && outcome.refused.length === 0 ? 0 : 1;
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

/** Prints what the source says against what the read models say. @returns whether all agrees. */
export async function printReconciliation({ url }: Target, outcome: ImportOutcome): Promise<boolean> {
  const totals = await readTotals(url, outcome.position);
  const lines = reconcile(outcome.figures, totals);
  console.log(reconciliation(lines));
  const agrees = lines.every((line) => line.agrees);
  console.log(agrees ? '\nEverything agrees to the cent.' : '\nThe ledger does NOT agree with its source.');
  return agrees;
}

/** The totals once the read models have everything up to a position; they are allowed to take their time. */
async function readTotals(url: string, after: bigint): Promise<LedgerTotals> {
  for (;;) {
    const answer = await fetch(new URL(`/totals?currency=USD&after=${after}`, url));
    if (answer.ok) return (await answer.json()) as LedgerTotals;
    const problem = (await answer.json()) as { code?: string; detail?: string };
    if (problem.code !== 'READ_MODEL_BEHIND') throw new Error(`the totals cannot be read: ${problem.detail}`);
  }
}

/** Names every refused line in a report file. */
export async function reportRefused({ refused }: ImportOutcome, file: string): Promise<void> {
  if (refused.length === 0) return;
  await writeFile(file, refused.map(({ line, reason }) => `line ${line}: ${reason}\n`).join(''));
  for (const { line, reason } of refused.slice(0, 10)) console.error(`line ${line}: ${reason}`);
  if (refused.length > 10) console.error(`… and ${refused.length - 10} more`);
  console.error(`${refused.length} lines were refused, the others imported; all of them are named in ${file}`);
}

function reconciliation(lines: readonly ReconciliationLine[]): string {
  const rows = lines.map(({ what, source, ledger, agrees }) => [what, source, ledger, agrees ? 'ok' : 'DIFFERS']);
  return table([['', 'source', 'ledger', ''], ...rows], [1, 2]);
}
