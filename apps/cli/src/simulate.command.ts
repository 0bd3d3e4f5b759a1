import { addDays } from '#libs/ledger';
import { daysBetween, endOf, FIRST_DAY, simulate, type Simulated } from '#libs/simulation';
import { Command } from 'commander';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { jsonOption, path, whole } from './options.js';
import { progress } from './progress.js';
import { inColour } from './style.js';
import { table } from './table.js';

interface SimulateOptions {
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
  readonly data: string;
  readonly json?: boolean;
}

/** `paybill simulate`: a whole biller's year on a virtual clock, examined at its end. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('live a made-up biller through months on a virtual clock, and check that the books hold')
    .option('--accounts <number>', 'how many subscribers there are', whole(1, 100_000), 25)
    .option('--months <number>', 'how many months go by', whole(1, 60), 12)
    .option('--seed <number>', 'the same seed makes the same events', whole(0, 4_294_967_295), 1)
    .requiredOption('--data <dir>', 'where it is kept: a directory that is empty or absent', path)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Late payers, returns, disputes, arrangements, moves, mergers, households, suspensions, write-offs, adjustments, autopay,
tills, bank files, calls, support cases, refunds, chargebacks and corrected bills, by the ordinary commands and runs. At the end the books are checked: the exit
code is 1 when something does not hold. Killed at any moment, it goes on where it was when the same is run again. Paybill
starts on the directory afterwards.

Example:
  paybill simulate --accounts 100 --months 12 --seed 7 --data ./year`,
    )
    .action(async (options: SimulateOptions) => {
      process.exitCode = await run(options);
    });
}

async function run({ accounts, months, seed, data, json }: SimulateOptions): Promise<number> {
  const days = daysBetween(FIRST_DAY, endOf(months));
  const shown = progress('simulating', days, 'days');
  try {
    const memory: { readonly month: string; readonly megabytes: number }[] = [];
    const onDay = (day: string) => {
      shown.update(daysBetween(FIRST_DAY, day) + 1, daysBetween(FIRST_DAY, day) + 1);
      if (addDays(day, 1).endsWith('-01')) memory.push({ month: day.slice(0, 7), megabytes: megabytesInUse() });
    };
    const simulated = await simulate({ accounts, months, seed }, data, { onDay });
    shown.stop();
    answer({ json }, { ...simulated, memory }, () => `${sentences(simulated)}\n${remembered(memory)}`);
    return simulated.invariants.every(({ faults }) => faults.length === 0) ? ExitCode.done : ExitCode.no;
  } finally {
    shown.stop();
  }
}

/** What is reachable, where it can be found out (`node --expose-gc`), and otherwise what has not been collected yet. */
function megabytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1_048_576);
}

function remembered(memory: readonly { readonly megabytes: number }[]): string {
  const peak = Math.round(process.resourceUsage().maxRSS / 1_024);
  return `Memory in MB at the end of each month: ${memory.map(({ megabytes }) => megabytes).join(' ')}; at most ${peak} resident.`;
}

const FAULTS_SHOWN = 10;

function sentences({ from, to, streams, events, happened, invariants, refusals, digest }: Simulated): string {
  const figure = (count: number) => count.toLocaleString('en');
  const rows = happened.map(({ category, type, count, amount = '' }) => [category, type, figure(count), amount]);
  const refused = Object.entries(refusals).map(([code, count]) => [code, figure(count)]);
  return [
    `From ${from} to ${to}: ${figure(events)} events in ${figure(streams)} streams.`,
    table([['of', 'event', 'number', 'USD'], ...rows], [2, 3]),
    ...(refused.length > 0 ? [table([['refused by a rule', 'number'], ...refused], [1])] : []),
    invariants.map(({ name, faults }) => verdict(name, faults)).join('\n'),
    `The same plan gives the same digest: ${digest}`,
  ].join('\n\n');
}

function verdict(name: string, faults: readonly string[]): string {
  if (faults.length === 0) return `${inColour('green', 'holds')}  ${name}`;
  const more = faults.length > FAULTS_SHOWN ? [`… and ${faults.length - FAULTS_SHOWN} more`] : [];
  return [
    `${inColour('red', 'FAULT')}  ${name}`,
    ...[...faults.slice(0, FAULTS_SHOWN), ...more].map((one) => `         ${one}`),
  ].join('\n');
}
