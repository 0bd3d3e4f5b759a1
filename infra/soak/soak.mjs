// A long simulation, whose processes are killed with -9 at random moments and which is gone on with, until it ends: npm run soak
// It has two: the one that lives the biller, with the database in a thread, and its event store. Each time one of them is
// killed, or both at once. What must hold at the end is checked by `paybill simulate`, whose exit code this ends with.
// Everything can be set:
//   SOAK_ACCOUNTS=1000 SOAK_MONTHS=24 SOAK_SEED=1 SOAK_KILL_AFTER=60 (seconds at most; 0: never) SOAK_DATA=… npm run soak
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath, URL } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));
const { SOAK_ACCOUNTS = '1000', SOAK_MONTHS = '24', SOAK_SEED = '1', SOAK_KILL_AFTER = '60', SOAK_DATA } = process.env;
const VICTIMS = ['simulation', 'event store', 'both'];

const data = SOAK_DATA ?? (await mkdtemp(join(tmpdir(), 'paybill-soak-')));
const options = ['--accounts', SOAK_ACCOUNTS, '--months', SOAK_MONTHS, '--seed', SOAK_SEED, '--data', data];
const kills = Object.fromEntries(VICTIMS.map((victim) => [victim, 0]));

/** Lives on for a while, and kills. @returns who was killed, or the exit code when it ended before. */
async function live() {
  const child = spawn(process.execPath, ['--enable-source-maps', CLI, 'simulate', ...options], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  // Never so soon that nothing is done between two kills.
  const seconds = Number(SOAK_KILL_AFTER) * (0.2 + 0.8 * Math.random());
  let killed;
  const kill = async () => {
    const victim = VICTIMS[Math.floor(Math.random() * VICTIMS.length)];
    const store = await childrenOf(child.pid);
    if (child.exitCode !== null || (store.length === 0 && victim !== 'simulation')) return;
    killed = victim;
    if (victim !== 'event store') child.kill('SIGKILL');
    if (victim !== 'simulation') for (const pid of store) endHard(pid);
  };
  const killer = seconds > 0 ? setTimeout(() => void kill(), seconds * 1_000) : undefined;
  const [code] = await ended;
  clearTimeout(killer);
  // One that had ended anyway has told its outcome: 0 or 1.
  if (killed === undefined || code === 0 || code === 1) return { code };
  console.error(`killed after ${Math.round(seconds)} s: ${killed}; it goes on`);
  return { killed };
}

async function childrenOf(pid) {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

function endHard(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

let outcome;
do {
  outcome = await live();
  if (outcome.killed !== undefined) kills[outcome.killed] += 1;
} while (outcome.killed !== undefined);
const told = VICTIMS.map((victim) => `${victim} ${kills[victim]}`).join(', ');
console.error(`Ended with ${outcome.code}. Kills: ${told}.`);
if (SOAK_DATA === undefined) await rm(data, { recursive: true, force: true });
process.exitCode = outcome.code ?? 1;
