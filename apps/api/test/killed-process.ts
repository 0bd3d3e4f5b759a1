import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const API = fileURLToPath(new URL('../../../dist/apps/api/src/main.js', import.meta.url));
const KILL_AT = new URL('./kill-at.mjs', import.meta.url).href;

/** How often a process is killed; each start of the program takes seconds. Every step is killed at by specs in memory. */
export const KILLS = 8;

/** Where the process that was started so many times before is killed, as kill-at.mjs reads it; nowhere when undefined. */
type KillAt = (starts: number) => string | undefined;

/** Before or after one of its first effects, by the seed, so often and then no more; never without a seed. */
export function bySeed(seed: number | undefined): KillAt {
  return (starts) => {
    if (seed === undefined || starts >= KILLS) return undefined;
    const [byte, other] = createHash('sha256').update(`${seed} ${starts}`).digest();
    return `${byte! % 2 === 0 ? 'before' : 'after'}:${(other! % 5) + 1}`;
  };
}

/** The API as a process; where it is to be killed, it is, again and again. */
export class KilledProcess {
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  kills = 0;

  constructor(
    private readonly killAt: KillAt,
    private readonly environment: Record<string, string>,
  ) {}

  async runUntil(reached: () => Promise<boolean>): Promise<void> {
    while (!(await reached())) {
      const { exitCode, signalCode } = this.#child ?? { exitCode: 0, signalCode: null };
      if (signalCode !== null || exitCode !== null) this.#start();
      // Killed or not, the log says when the story goes on.
      await Promise.race([this.#exited, delay(50)]);
    }
  }

  async stop(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #start(): void {
    const at = this.killAt(this.kills);
    const child = spawn(process.execPath, ['--import', KILL_AT, API], {
      env: { ...process.env, ...this.environment, ...(at !== undefined && { PAYBILL_KILL_AT: at }) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#child = child;
    this.#exited = once(child, 'exit').then(([, signal]) => {
      if (signal !== 'SIGKILL') throw new Error('the process ended by itself');
      this.kills += 1;
    });
    this.#exited.catch(() => undefined);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
