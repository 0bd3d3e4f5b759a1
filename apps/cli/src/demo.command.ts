import { addDays } from '#libs/ledger';
import { endOf, firstDayOf, simulatedIn, type Simulated } from '#libs/simulation';
import { Command } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { reconciled, reportRefused, runImport, sentences, telco } from './import.command.js';
import { type LiveSubscriber, liveSubscriber } from './live-subscriber.js';
import { jsonOption, whole } from './options.js';
import { holds, simulateWithProgress, verdicts } from './simulating.js';
import { inColour } from './style.js';
import { table } from './table.js';
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
      'live a made-up biller up to yesterday, check that the books hold, start on it, bill and confirm a payment, and stay up',
    )
    .option('--exit', 'end after that; the exit code says whether the books hold and the confirmation is there')
    .option('--telco <file>', 'import IBM’s telco data set instead, and hold the ledger against it')
    .option('--data <dir>', 'keep the data there (default: a temporary directory)')
    .option('--accounts <number>', 'how many subscribers there are', whole(1, 100_000), 12)
    .option('--months <number>', 'how many months go by up to today', whole(1, 60), 4)
    .option('--seed <number>', 'the same seed on the same day makes the same events', whole(0, 4_294_967_295), 1)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The biller is that of paybill simulate. Run again on a directory with --data, it goes on with the biller there.

Examples:
  paybill demo --accounts 50 --months 12 --data ./data
  paybill demo --exit --telco telco-customer-churn.csv --data ./data`,
    )
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/**
 * The main job from beginning to end: writes a biller's history through the ordinary commands, checks it, starts Paybill on
 * it, has one subscriber pay today, and stays up to be looked at.
 * @returns the exit code.
 */
async function demo(options: DemoOptions): Promise<number> {
  const dataDir = options.data ?? (await mkdtemp(join(tmpdir(), 'paybill-demo-')));
  try {
    const lived = options.telco === undefined ? await live(options, dataDir) : undefined;
    const target = await startStandalone(dataDir, options.exit ? ANY_PORT : {});
    try {
      const history = lived ?? (await imported(options.telco!, target, dataDir));
      if (!options.json) console.log(history.text);
      const subscriber = await liveSubscriber(target.url, process.env['PAYBILL_OUTBOX'] || join(dataDir, 'outbox'));
      const { url } = target;
      answer(options, { url, data: dataDir, ...history.found, subscriber }, () => paid(subscriber, url));
      if (options.exit && options.data === undefined) console.error('The directory is removed now; --data keeps it.');
      if (!options.exit) await stayUp(target, dataDir);
      return history.isSound && subscriber.confirmed ? ExitCode.done : ExitCode.no;
    } finally {
      await target.stop();
    }
  } finally {
    if (options.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

/** What is in the books before today, and whether it is as it should be. */
interface History {
  readonly isSound: boolean;
  /** For a program, and for a person. */
  readonly found: object;
  readonly text: string;
}

/** Lives a biller up to yesterday, or goes on with the one that is there. */
async function live({ accounts, months, seed }: DemoOptions, dataDir: string): Promise<History> {
  const there = await simulatedIn(dataDir, { accounts, months, seed });
  const from = there?.from ?? firstDayOf(months, new Date().toISOString().slice(0, 10));
  const to = endOf(from, months);
  const biller = `A made-up biller with ${accounts} subscribers, ${from} to ${addDays(to, -1)}`;
  // Examined before, and Paybill has been at work on it since.
  if (there?.isOver) return { isSound: true, found: { simulated: { from, to } }, text: `${biller}, was here already.` };
  const simulated = await simulateWithProgress({ accounts, months, seed, from }, dataDir);
  return { isSound: holds(simulated), found: { simulated }, text: `${biller}: ${told(simulated)}` };
}

async function imported(file: string, target: Target, dataDir: string): Promise<History> {
  const outcome = await runImport(target, await telco(file));
  const found = await reconciled(target, outcome);
  await reportRefused(outcome, join(dataDir, 'refused.txt'));
  return { isSound: found.agrees && found.refused === 0, found: { imported: found }, text: sentences(found) };
}

/** What is told of all that happened; `paybill simulate` tells the rest. */
const TOLD: readonly (readonly [category: string, type: string, what: string])[] = [
  ['account', 'BillIssued', 'bills'],
  ['account', 'PaymentApplied', 'payments'],
  ['account', 'PaymentReturned', 'payments that came back'],
  ['account', 'PaymentRefunded', 'refunds'],
  ['account', 'AutopayDebitPresented', 'debits by autopay'],
  ['tillBatch', 'TillPaymentTaken', 'payments over the counter'],
  ['account', 'DisputeOpened', 'disputes'],
  ['account', 'ArrangementAgreed', 'instalments agreed'],
  ['account', 'AdjustmentApproved', 'adjustments'],
  ['account', 'LateFeeAssessed', 'late fees'],
  ['account', 'DunningStepTaken', 'dunning steps'],
  ['account', 'ServiceSuspended', 'suspensions of service'],
  ['account', 'DebtWrittenOff', 'debts written off'],
  ['verification', 'VerificationFailed', 'wrong PINs'],
  ['supportCase', 'SupportCaseOpened', 'calls for help'],
];

/** What became of a biller, for a person. */
function told(simulated: Simulated): string {
  const { events, happened, invariants } = simulated;
  const rows = TOLD.flatMap(([category, type, what]) => {
    const found = happened.find((one) => one.category === category && one.type === type);
    return found ? [[what, found.count.toLocaleString('en'), found.amount ?? '']] : [];
  });
  const verdict = holds(simulated) ? inColour('green', 'The books hold.') : inColour('red', 'The books do NOT hold.');
  const figures = table([['', 'number', 'USD'], ...rows], [1, 2]);
  return [`${events.toLocaleString('en')} events.`, figures, verdicts(invariants), verdict].join('\n\n');
}

/** Says that a subscriber has paid, and where the confirmation lies. */
function paid({ confirmationNumber, confirmed, mail }: LiveSubscriber, url: string): string {
  const said = `\nA subscriber was billed and has paid today: confirmation number ${confirmationNumber}.`;
  if (!confirmed) return `${said}\n${inColour('red', 'The confirmation has NOT been delivered in time.')}`;
  if (mail === undefined) return `${said}\nThe confirmation was sent to jane@example.com.`;
  return `${said}\nThe confirmation to jane@example.com is there: ${mail}\nand on ${url}/dev/outbox`;
}

async function stayUp({ url, ended }: Target, dataDir: string): Promise<void> {
  console.error(`
Paybill is up on ${dataDir}. Have a look:

  ${url}/docs                       every command and query, to try out
  ${url}/journal/trial-balance      the books
  ${url}/aging                      who owes since when, by days past due
  ${url}/collections/accounts       who stands at which dunning step
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
