// A long simulation that is killed with -9 at random moments and gone on with, until it ends: npm run soak
// What must hold at its end is checked by `paybill simulate`, whose exit code this ends with. Everything can be set:
//   SOAK_ACCOUNTS=1000 SOAK_MONTHS=24 SOAK_SEED=1 SOAK_KILL_AFTER=60 (seconds at most; 0: never) SOAK_DATA=… npm run soak
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath, URL } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));
const { SOAK_ACCOUNTS = '1000', SOAK_MONTHS = '24', SOAK_SEED = '1', SOAK_KILL_AFTER = '60', SOAK_DATA } = process.env;

const data = SOAK_DATA ?? (await mkdtemp(join(tmpdir(), 'paybill-soak-')));
const options = ['--accounts', SOAK_ACCOUNTS, '--months', SOAK_MONTHS, '--seed', SOAK_SEED, '--data', data];
let kills = 0;
let code = null;
while (code === null) {
  const child = spawn(process.execPath, ['--enable-source-maps', CLI, 'simulate', ...options], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  // Never so soon that nothing is done between two kills.
  const seconds = Number(SOAK_KILL_AFTER) * (0.2 + 0.8 * Math.random());
  const killer = seconds > 0 ? setTimeout(() => child.kill('SIGKILL'), seconds * 1_000) : undefined;
  [code] = await ended;
  clearTimeout(killer);
  if (code === null) console.error(`killed for the ${++kills}. time, after ${Math.round(seconds)} s; it goes on`);
}
console.error(`Ended with ${code} after ${kills} kills.`);
if (SOAK_DATA === undefined) await rm(data, { recursive: true, force: true });
process.exitCode = code;
