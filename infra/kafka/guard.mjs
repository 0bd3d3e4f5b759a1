// node guard.mjs <dir> <pid>: takes a test's cluster down when the process it was started for has ended, however it ended.
import { setTimeout as delay } from 'node:timers/promises';
import { lives } from './alone.mjs';
import { openCluster } from './cluster.mjs';

const [dir, pid] = process.argv.slice(2);
while (lives(Number(pid))) await delay(500);
await (await openCluster({ dir })).down({ wipe: true });
