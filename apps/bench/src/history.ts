import { join } from 'node:path';
import { telcoFile, writeMadeUpTelcoFile } from './biller.js';
import { seconds } from './measuring.js';
import { ended, readRunning, start } from './processes.js';
import { PeakMemory, type Resident } from './resident.js';
import { scratch } from './scratch.js';

/** A data directory with the whole history of a biller, and what it took to make it. */
export interface History {
  readonly dataDir: string;
  /** What it is, for the table. */
  readonly what: string;
  /** From the command to its end: start, import, projections, reconciliation, stop. */
  readonly seconds: number;
  /** The most that standalone had resident meanwhile, all of its processes together. */
  readonly peak: Resident;
}

let made: Promise<History> | undefined;

/** The full telco data in a standalone's directory, made once in a run by the demo command; its benches share it. */
export function fullHistory(): Promise<History> {
  made ??= make();
  return made;
}

async function make(): Promise<History> {
  const dataDir = await scratch();
  const file = telcoFile();
  const madeUp = join(await scratch(), 'telco.csv');
  if (file === undefined) await writeMadeUpTelcoFile(madeUp);
  const peak = new PeakMemory(async () => (await readRunning(dataDir))?.pid);
  const took = await seconds(() =>
    ended(start('cli', ['demo', '--exit', '--telco', file ?? madeUp, '--data', dataDir])),
  );
  return {
    dataDir,
    what: file === undefined ? 'a made-up file as the telco one' : 'the whole telco file',
    seconds: took,
    peak: peak.stop(),
  };
}
