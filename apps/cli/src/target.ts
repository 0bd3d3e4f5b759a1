import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Command } from 'commander';
import { z } from 'zod';
import { actorOption, dataOption, eventStoreOption, jsonOption, urlOption, WrongOption } from './options.js';

/** What says where the API is. */
export interface ApiOptions {
  readonly data: string;
  readonly url?: string;
}

/** What says where the log is. */
export interface EventStoreOptions {
  readonly data: string;
  readonly eventstore?: string;
}

/** A Paybill the command line talks to. */
export interface Target {
  /** Where its API is. */
  readonly url: string;
  readonly eventStoreUrl: string;
  /** Stops it, when this command line started it; otherwise nothing. */
  stop(): Promise<void>;
  /** Resolves with its exit code when it has ended, when this command line started it; otherwise never. */
  readonly ended: Promise<number | null>;
}

/** What a running standalone writes into its data directory. */
const Running = z.object({
  url: z.string(),
  eventStoreUrl: z.string(),
  pid: z.int(),
  /** Of one from before there were backups, nothing is said. */
  database: z.enum(['pglite', 'postgres']).default('pglite'),
});

const STANDALONE = fileURLToPath(new URL('../../standalone/src/main.js', import.meta.url));
const NEVER = new Promise<number | null>(() => undefined);
const START_TIMEOUT_MS = 60_000;

/** For a standalone that nobody but this command line is going to talk to: whatever else runs on the machine is not in its way. */
export const ANY_PORT: NodeJS.ProcessEnv = { PAYBILL_PORT: process.env['PAYBILL_PORT'] ?? '0' };

/** What a command works on could not be reached or started, or is not what it should be. */
export class NoTarget extends Error {
  override readonly name = 'NoTarget';
}

/** Options of a command that asks the API of a running Paybill in somebody's name: `ApiOptions`, `actor` and `json`. */
export function onApi(command: Command): Command {
  command.addOption(urlOption()).addOption(dataOption()).addOption(actorOption()).addOption(jsonOption());
  return oneTarget(command);
}

/** Options of a command that reads the log of a running Paybill: `EventStoreOptions` and `json`. */
export function onEventStore(command: Command): Command {
  return oneTarget(command.addOption(eventStoreOption()).addOption(dataOption()).addOption(jsonOption()));
}

/** Options of a command that needs API and log, and starts a standalone where none runs. */
export function onPaybill(command: Command): Command {
  command.addOption(urlOption()).addOption(eventStoreOption()).addOption(dataOption()).addOption(jsonOption());
  return oneTarget(command);
}

/** The command line goes before the environment: `--data` given there means the Paybill on that directory. */
function oneTarget(command: Command): Command {
  return command.hook('preAction', () => {
    if (command.getOptionValueSource('data') !== 'cli') return;
    for (const name of ['url', 'eventstore']) {
      if (command.getOptionValueSource(name) === 'cli') {
        throw new WrongOption(`--data and --${name} name two targets; give one of them`);
      }
      command.setOptionValue(name, undefined);
    }
  });
}

/**
 * The Paybill to work on: the one that `--url` and `--eventstore` name, else the standalone that runs on the data
 * directory, else a standalone started on it for as long as the command takes.
 */
export async function target({ data, url, eventstore }: ApiOptions & EventStoreOptions): Promise<Target> {
  if ((url === undefined) !== (eventstore === undefined)) {
    throw new WrongOption('--url and --eventstore (PAYBILL_URL and EVENTSTORE_URL) go together: both, or neither');
  }
  if (url !== undefined && eventstore !== undefined) {
    return { url, eventStoreUrl: eventstore, stop: () => Promise.resolve(), ended: NEVER };
  }
  const running = await findRunning(data);
  if (running) return { ...running, stop: () => Promise.resolve(), ended: NEVER };
  return startStandalone(data, ANY_PORT);
}

/** Where the API of a running Paybill is. @throws NoTarget when none runs on the data directory */
export async function runningApi({ data, url }: ApiOptions): Promise<string> {
  return url ?? (await needRunning(data, '--url')).url;
}

/** Where the log of a running Paybill is. @throws NoTarget when none runs on the data directory */
export async function runningEventStore({ data, eventstore }: EventStoreOptions): Promise<string> {
  return eventstore ?? (await needRunning(data, '--eventstore')).eventStoreUrl;
}

async function needRunning(dataDir: string, option: string): Promise<z.output<typeof Running>> {
  const running = await findRunning(dataDir);
  if (running) return running;
  throw new NoTarget(
    `no Paybill is running on ${dataDir}; start one with paybill start, name its --data, or give ${option}`,
  );
}

/** Starts a standalone on a data directory and waits until it is ready. */
export async function startStandalone(dataDir: string, environment: NodeJS.ProcessEnv = {}): Promise<Target> {
  const child = spawn(process.execPath, ['--max-semi-space-size=32', '--enable-source-maps', STANDALONE], {
    env: { MALLOC_ARENA_MAX: '2', ...process.env, LOG_LEVEL: 'error', ...environment, PAYBILL_DATA: dataDir },
    // The channel tells the child that this process has ended, however it did.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const running = await Promise.race([untilRunning(child, dataDir), ended.then(() => undefined)]);
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

/** What the standalone that runs on a data directory says of itself, when one does. */
export async function findRunning(dataDir: string): Promise<z.output<typeof Running> | undefined> {
  try {
    const running = Running.parse(JSON.parse(await readFile(join(dataDir, 'standalone.json'), 'utf8')));
    const answer = await fetch(new URL('/health', running.url));
    return answer.ok ? running : undefined;
  } catch {
    // No file, half a file, or nobody listening: none is running.
    return undefined;
  }
}

/** An address as it may be shown: a password in it is nobody's business. */
export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
