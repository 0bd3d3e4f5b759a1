import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A Paybill the command line talks to. */
export interface Target {
  /** Where its API is. */
  readonly url: string;
  readonly eventStoreUrl: string;
  /** Stops it, when this command line started it; otherwise nothing. */
  stop(): Promise<void>;
  /** Resolves when it has ended, when this command line started it; otherwise never. */
  readonly ended: Promise<void>;
}

/** What a running standalone writes into its data directory. */
const Running = z.object({ url: z.string(), eventStoreUrl: z.string(), pid: z.int() });

const STANDALONE = fileURLToPath(new URL('../../standalone/src/main.js', import.meta.url));
const NEVER = new Promise<void>(() => undefined);
const START_TIMEOUT_MS = 60_000;

/** For a standalone that nobody but this command line is going to talk to: whatever else runs on the machine is not in its way. */
export const ANY_PORT: NodeJS.ProcessEnv = { PAYBILL_PORT: process.env['PAYBILL_PORT'] ?? '0' };

/** The target could not be reached or started. */
export class NoTarget extends Error {
  override readonly name = 'NoTarget';
}

/**
 * The Paybill to work on: the one PAYBILL_URL and EVENTSTORE_URL name, else the standalone that runs on the data
 * directory, else a standalone started on it for as long as the command takes.
 */
export async function target(dataDir: string): Promise<Target> {
  const { PAYBILL_URL: url, EVENTSTORE_URL: eventStoreUrl } = process.env;
  if (url && eventStoreUrl) return { url, eventStoreUrl, stop: () => Promise.resolve(), ended: NEVER };
  const running = await findRunning(dataDir);
  if (running) return { ...running, stop: () => Promise.resolve(), ended: NEVER };
  return startStandalone(dataDir, ANY_PORT);
}

/** Where the API of a running Paybill is: PAYBILL_URL, else that of the standalone on the data directory. @throws NoTarget */
export async function runningApi(dataDir: string): Promise<string> {
  return process.env['PAYBILL_URL'] || (await needRunning(dataDir, 'PAYBILL_URL')).url;
}

/** Where the log is: EVENTSTORE_URL, else the node of the standalone on the data directory. @throws NoTarget */
export async function runningEventStore(dataDir: string): Promise<string> {
  return process.env['EVENTSTORE_URL'] || (await needRunning(dataDir, 'EVENTSTORE_URL')).eventStoreUrl;
}

async function needRunning(dataDir: string, variable: string): Promise<z.output<typeof Running>> {
  const running = await findRunning(dataDir);
  if (running) return running;
  throw new NoTarget(
    `no Paybill is running on ${dataDir}; start one with paybill start, name its --data, or set ${variable}`,
  );
}

/** Starts a standalone on a data directory and waits until it is ready. */
export async function startStandalone(dataDir: string, environment: NodeJS.ProcessEnv = {}): Promise<Target> {
  const child = spawn(process.execPath, ['--max-semi-space-size=32', '--enable-source-maps', STANDALONE], {
    env: { MALLOC_ARENA_MAX: '2', ...process.env, LOG_LEVEL: 'error', ...environment, PAYBILL_DATA: dataDir },
    // The channel tells the child that this process has ended, however it did.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const running = await Promise.race([untilRunning(child, dataDir), ended]);
  if (!running) throw new NoTarget(`Paybill could not be started on ${dataDir}; the reason stands above`);
  const { url, eventStoreUrl } = running;
  return {
    url,
    eventStoreUrl,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilRunning(child: ChildProcess, dataDir: string): Promise<z.output<typeof Running> | undefined> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const running = await findRunning(dataDir);
    if (running?.pid === child.pid) return running;
    await delay(50);
  }
  return undefined;
}

async function findRunning(dataDir: string): Promise<z.output<typeof Running> | undefined> {
  try {
    const running = Running.parse(JSON.parse(await readFile(join(dataDir, 'standalone.json'), 'utf8')));
    const answer = await fetch(new URL('/health', running.url));
    return answer.ok ? running : undefined;
  } catch {
    // No file, half a file, or nobody listening: none is running.
    return undefined;
  }
}
