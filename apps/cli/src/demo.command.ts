import { demoBiller } from '#libs/ledger';
import { Command } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printReconciliation, reportRefused, runImport, type Source, telco } from './import.command.js';
import { liveSubscriber } from './live-subscriber.js';
import { whole } from './options.js';
import { ANY_PORT, startStandalone, type Target } from './target.js';

interface DemoOptions {
  readonly exit?: boolean;
  readonly telco?: string;
  readonly data?: string;
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
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
    .addHelpText('after', '\nExample:\n  npm run demo -- --exit --telco telco-customer-churn.csv --data ./data')
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
    console.log(
      `${outcome.events} events written${outcome.already > 0 ? `, ${outcome.already} accounts were there` : ''}\n`,
    );
    const agrees = await printReconciliation(target, outcome);
    await reportRefused(outcome, join(dataDir, 'refused.txt'));
    const confirmed = await tellSubscriber(target, dataDir);
    if (options.exit && options.data === undefined) console.log('The directory is removed now; --data keeps it.');
    if (!options.exit) await stayUp(target, dataDir);
    return agrees && outcome.refused.length === 0 && confirmed ? 0 : 1;
  } finally {
    await target.stop();
    if (options.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

/** Has a subscriber pay today and says where the confirmation lies. @returns whether it is there */
async function tellSubscriber({ url }: Target, dataDir: string): Promise<boolean> {
  const outbox = process.env['PAYBILL_OUTBOX'] || join(dataDir, 'outbox');
  const { confirmationNumber, confirmed, mail } = await liveSubscriber(url, outbox);
  console.log(`\nA subscriber was billed and has paid today: confirmation number ${confirmationNumber}.`);
  if (!confirmed) console.log('The confirmation has NOT been delivered in time.');
  else if (mail === undefined) console.log('The confirmation was sent to jane@example.com.');
  else console.log(`The confirmation to jane@example.com is there: ${mail}\nand on ${url}/dev/outbox`);
  return confirmed;
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
  console.log(`
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
