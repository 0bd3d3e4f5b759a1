import { demoBiller } from '#libs/ledger';
import { Command } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { reconciled, reportRefused, runImport, sentences, type Source, telco } from './import.command.js';
import { type LiveSubscriber, liveSubscriber } from './live-subscriber.js';
import { jsonOption, whole } from './options.js';
import { inColour } from './style.js';
import { ANY_PORT, startStandalone, type Target } from './target.js';

interface DemoOptions {
  readonly exit?: boolean;
  readonly telco?: string;
  readonly data?: string;
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
  readonly json?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'start, import a biller’s history, reconcile it, bill and confirm a payment, and stay up to be looked at',
    )
    .option('--exit', 'end after that; the exit code says whether it balanced and the confirmation is there')
    .option('--telco <file>', 'import IBM’s telco data set instead of made-up customers')
    .option('--data <dir>', 'keep the data there (default: a temporary directory)')
    .option('--accounts <number>', 'how many customers to make up', whole(1, 1_000_000), 500)
    .option('--months <number>', 'how many months each is billed', whole(1, 240), 12)
    .option('--seed <number>', 'the same seed makes the same customers', whole(0, 4_294_967_295), 1)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  paybill demo --accounts 100\n  paybill demo --exit --telco telco-customer-churn.csv --data ./data',
    )
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/**
 * The main job from beginning to end: starts Paybill on embedded servers, writes a biller's history through the ordinary
 * commands, holds the read models against the source, has one subscriber pay today, and stays up to be looked at.
 * @returns the exit code.
 */
async function demo(options: DemoOptions): Promise<number> {
  const dataDir = options.data ?? (await mkdtemp(join(tmpdir(), 'paybill-demo-')));
  const target = await startStandalone(dataDir, options.exit ? ANY_PORT : {});
  try {
    const outcome = await runImport(target, await sourceOf(options));
    const imported = await reconciled(target, outcome);
    if (!options.json) console.log(sentences(imported));
    await reportRefused(outcome, join(dataDir, 'refused.txt'));
    const subscriber = await liveSubscriber(target.url, process.env['PAYBILL_OUTBOX'] || join(dataDir, 'outbox'));
    answer(options, { url: target.url, data: dataDir, imported, subscriber }, () => paid(subscriber, target.url));
    if (options.exit && options.data === undefined) console.error('The directory is removed now; --data keeps it.');
    if (!options.exit) await stayUp(target, dataDir);
    return imported.agrees && imported.refused === 0 && subscriber.confirmed ? ExitCode.done : ExitCode.no;
  } finally {
    await target.stop();
    if (options.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

/** Says that a subscriber has paid, and where the confirmation lies. */
function paid({ confirmationNumber, confirmed, mail }: LiveSubscriber, url: string): string {
  const said = `\nA subscriber was billed and has paid today: confirmation number ${confirmationNumber}.`;
  if (!confirmed) return `${said}\n${inColour('red', 'The confirmation has NOT been delivered in time.')}`;
  if (mail === undefined) return `${said}\nThe confirmation was sent to jane@example.com.`;
  return `${said}\nThe confirmation to jane@example.com is there: ${mail}\nand on ${url}/dev/outbox`;
}

async function sourceOf({ telco: file, accounts, months, seed }: DemoOptions): Promise<Source> {
  if (file !== undefined) return telco(file);
  const lines = function* () {
    let line = 0;
    for (const customer of demoBiller({ accounts, months, seed })) yield { line: ++line, ...customer };
  };
  return { name: `demo/${accounts}/${months}/${seed}`, lines: lines(), total: accounts };
}

async function stayUp({ url, ended }: Target, dataDir: string): Promise<void> {
  console.error(`
Paybill is up on ${dataDir}. Have a look:

  ${url}/docs                       every command and query, to try out
  ${url}/journal/trial-balance      the books
  ${url}/ready                      how far the read models are
  ${url}/dev/outbox                 mails to customers
  ${url}/fraud/cases                cases of suspected fraud
  ${url}/parked-messages            what could not be handled and waits for a person

Ctrl-C stops it.`);
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await Promise.race([ended, interrupted]);
}
