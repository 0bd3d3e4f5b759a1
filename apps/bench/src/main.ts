import { program } from 'commander';
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
