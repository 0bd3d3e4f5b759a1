import { type Bar, staysUnder } from './bar.js';
import { fullHistory } from './history.js';
import { median, ROUNDS } from './measuring.js';
import { startStandalone } from './processes.js';

const LIMIT_SECONDS = 5;

/** From the start of standalone over the full data until it answers that it is ready. */
export async function startUp(): Promise<Bar[]> {
  const { dataDir, what } = await fullHistory();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const standalone = await startStandalone(dataDir);
    times.push((performance.now() - started) / 1000);
    await standalone.stop();
  }
  return [staysUnder('start', `seconds to ready, ${what}`, median(times), LIMIT_SECONDS)];
}
