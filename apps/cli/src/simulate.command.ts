import { addDays } from '#libs/ledger';
import { endOf, FIRST_DAY, type Simulated } from '#libs/simulation';
import { Command } from 'commander';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { day, jsonOption, path, whole, WrongOption } from './options.js';
import { holds, simulateWithProgress, verdicts } from './simulating.js';
import { isLive } from './style.js';
import { table } from './table.js';

interface SimulateOptions {
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
  readonly from: string;
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
    .option('--from <day>', 'the first day; the last one must have passed', day, FIRST_DAY)
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

async function run({ accounts, months, seed, from, data, json }: SimulateOptions): Promise<number> {
  refuseWrongDays(from, months);
  const memory: { readonly month: string; readonly megabytes: number }[] = [];
  const simulated = await simulateWithProgress({ accounts, months, seed, from }, data, (day) => {
    if (!addDays(day, 1).endsWith('-01')) return;
    const [month, megabytes] = [day.slice(0, 7), megabytesInUse()];
    memory.push({ month, megabytes });
    // Whoever kills it, as a soak does, has this of each life. On a terminal it would tear the bar.
    if (!isLive(process.stderr)) console.error(`memory at the end of ${month}: ${megabytes} MB`);
  });
  answer({ json }, { ...simulated, memory }, () => `${sentences(simulated)}\n${remembered(memory)}`);
  return holds(simulated) ? ExitCode.done : ExitCode.no;
}

/** The earliest day on which the catalogue and the policies of a simulated biller are valid. */
const EARLIEST = '2020-01-01';

/** What lies ahead has not happened: Paybill could not be started on it. @throws WrongOption */
function refuseWrongDays(from: string, months: number): void {
  if (from < EARLIEST) throw new WrongOption(`--from must not be before ${EARLIEST}: there is no catalogue for that`);
  const end = endOf(from, months);
  if (end <= new Date().toISOString().slice(0, 10)) return;
  throw new WrongOption(`--from ${from} and --months ${months} end on ${addDays(end, -1)}, which has not passed`);
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

function sentences({ from, to, lives, streams, events, happened, invariants, refusals, digest }: Simulated): string {
  const figure = (count: number) => count.toLocaleString('en');
  const rows = happened.map(({ category, type, count, amount = '' }) => [category, type, figure(count), amount]);
  const refused = Object.entries(refusals).map(([code, count]) => [code, figure(count)]);
  return [
    `From ${from} to ${to}: ${figure(events)} events in ${figure(streams)} streams.`,
    table([['of', 'event', 'number', 'USD'], ...rows], [2, 3]),
    ...(refused.length > 0 ? [table([['refused by a rule', 'number'], ...refused], [1])] : []),
    verdicts(invariants),
    lives === 1 ? 'Lived in one go.' : `It was begun ${lives} times: interrupted and gone on with ${lives - 1} times.`,
    `The same plan gives the same digest: ${digest}`,
  ].join('\n\n');
}
