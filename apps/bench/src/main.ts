import { InvalidArgumentError, program } from 'commander';
import { type Bar } from './bar.js';
import { billing } from './billing.bench.js';
import { commands } from './commands.bench.js';
import { exportRate } from './export-rate.js';
import { fanout } from './fanout.bench.js';
import { http } from './http.bench.js';
import { importing } from './import.bench.js';
import { memory } from './memory.bench.js';
import { projections } from './projections.bench.js';
import { reads } from './reads.bench.js';
import { replay } from './replay.bench.js';
import { report } from './report.js';
import { startUp } from './start.bench.js';

interface Options {
  readonly json: boolean;
  readonly full: boolean;
  readonly accounts: number;
  readonly entries: number;
}

/** Bars at once, or, where they take long, as they are measured. */
type Bench = (options: Options) => Promise<Bar[]> | AsyncGenerator<Bar[]>;

const BENCHES: Readonly<Record<string, Bench>> = {
  commands,
  http,
  import: importing,
  projections,
  reads,
  memory,
  start: startUp,
  fanout,
  replay,
  export: exportRate,
  billing,
};

program
  .name('npm run bench --')
  .description('measures what docs/benchmarks.md promises; the exit code says whether it could be measured')
  .argument('[benches...]', `which of them: ${Object.keys(BENCHES).join(', ')} (default: all)`)
  .option('--json', 'one line of JSON for each bar', false)
  .option('--full', 'also what takes long: reads at a million events, projections and fan-out of 470,000', false)
  .option('--accounts <number>', 'billing: accounts of a run', wholeNumber, 4_000)
  .option('--entries <number>', 'billing: entries of a file of returns', wholeNumber, 100_000)
  .action(async (names: string[], options: Options) => {
    const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
    if (unknown.length > 0) program.error(`there is no bench ${unknown.join(', ')}`);
    const shown = report(options.json);
    for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
      shown.note(name);
      const measured = BENCHES[name]!(options);
      for await (const bars of Symbol.asyncIterator in measured ? measured : [measured]) {
        shown.bars(bars);
        if (bars.some((bar) => 'notMeasured' in bar)) process.exitCode = 1;
      }
    }
  });

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await program.parseAsync();
// A client's connection that lingers must not keep a finished run open.
process.exit();

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
