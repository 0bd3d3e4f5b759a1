import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A Paybill process that answers over HTTP. */
export interface Served {
  readonly url: string;
  readonly pid: number;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
}

export interface ServedStandalone extends Served {
  readonly eventStoreUrl: string;
}

/** Processes that find what they work with in their environment. */
type ServedApp = 'api' | 'relay' | 'notifications' | 'fraud-monitor';

const POLL_MS = 10;
const START_TIMEOUT_MS = 120_000;

/** Starts an application as an operator would, without its log. */
export function start(
  app: 'cli' | 'standalone' | ServedApp,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  output: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const main = fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...args], {
    env: { ...process.env, LOG_LEVEL: 'warn', PAYBILL_RATE_LIMIT: '0', ...env },
    stdio: ['ignore', output, 'inherit'],
    // A group of its own, to be ended with all that it has started.
    detached: true,
  });
  // A bench that is interrupted leaves nobody behind.
  const end = () => process.kill(-child.pid!, 'SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}

/** The API alone. Commands need no database; none is there. */
export function startApi(eventStoreUrl: string): Promise<Served> {
  return startServed('api', { EVENTSTORE_URL: eventStoreUrl, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
}

/** One of the processes of an installation, up when it answers. */
export async function startServed(app: ServedApp, env: NodeJS.ProcessEnv): Promise<Served> {
  const port = await freePort();
  const child = start(app, [], { ...env, PAYBILL_PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  await until(child, async () => ((await answers(`${url}/health`)) ? url : undefined));
  return { url, pid: child.pid!, stop: () => stop(child) };
}

/** Standalone on a data directory, up when it says that it is ready. */
export async function startStandalone(dataDir: string, env: NodeJS.ProcessEnv = {}): Promise<ServedStandalone> {
  const alone = { PAYBILL_DATA: dataDir, PAYBILL_PORT: '0', DATABASE_URL: '', KAFKA_BROKERS: '' };
  const child = start('standalone', [], { ...alone, ...env });
  const { url, eventStoreUrl } = await until(child, async () => {
    const running = await readRunning(dataDir);
    if (!running || running.pid !== child.pid) return undefined;
    return (await answers(`${running.url}/ready`)) ? running : undefined;
  });
  return { url, eventStoreUrl, pid: child.pid!, stop: () => stop(child) };
}

/** What a standalone says about itself in its data directory, when it is up. */
export async function readRunning(
  dataDir: string,
): Promise<{ url: string; eventStoreUrl: string; pid: number } | undefined> {
  const said = await readFile(join(dataDir, 'standalone.json'), 'utf8').catch(() => '');
  // Found before it is written whole, it is found again.
  return said.endsWith('}') ? (JSON.parse(said) as { url: string; eventStoreUrl: string; pid: number }) : undefined;
}

interface Readiness {
  readonly ready: boolean;
  readonly projections: readonly { readonly position: string }[];
  readonly followers: readonly { readonly position?: string; readonly lagMessages?: number }[];
}

/** Waits until the read models have everything up to a position in the log. */
export async function untilProjected(url: string, position: bigint): Promise<void> {
  for (;;) {
    const { ready, projections } = await readiness(url);
    if (ready && projections.every((projection) => BigInt(projection.position) >= position)) return;
    await delay(100);
  }
}

/** Waits until whoever else follows the log in the process has come up to a position too: they take of the same machine. */
export async function untilFollowed(url: string, position: bigint): Promise<void> {
  for (;;) {
    const { followers } = await readiness(url);
    if (followers.every((follower) => BigInt(follower.position ?? position) >= position)) return;
    await delay(100);
  }
}

/** What a process says of itself. */
export async function readiness(url: string): Promise<Readiness> {
  return (await (await fetch(`${url}/ready`)).json()) as Readiness;
}

/** Waits for a process to end. @throws when it does not end well. */
export async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`);
}

/** What a command of the command line answers a program. @throws when it does not end well. */
export async function answered(args: readonly string[]): Promise<unknown> {
  const child = start('cli', [...args, '--json'], {}, 'pipe');
  const [answer] = await Promise.all([text(child.stdout!), ended(child)]);
  return JSON.parse(answer);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function until<Result>(child: ChildProcess, probe: () => Promise<Result | undefined>): Promise<Result> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const result = await probe();
    if (result !== undefined) return result;
    await delay(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnargs.slice(1).join(' ')} did not come up`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
