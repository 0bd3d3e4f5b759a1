import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyPglite } from '#testing/platform';

export const CLI = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));
const STANDALONE = fileURLToPath(new URL('../../../dist/apps/standalone/src/main.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;

/** Whatever the machine is set to is no part of a test. */
const NOTHING_SET: Environment = { KAFKA_BROKERS: '', PAYBILL_URL: '', EVENTSTORE_URL: '', PAYBILL_OUTBOX: '' };

/** A directory in which `paybill` is run as a person would, and the processes started there. */
export class CommandLine {
  readonly #children: ChildProcess[] = [];
  readonly #standalones = new Map<string, ChildProcess>();

  private constructor(readonly directory: string) {}

  static async open(): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(join(tmpdir(), 'paybill-cli-')));
  }

  /** The program as a shell calls it. */
  get command(): string {
    return `${process.execPath} ${CLI}`;
  }

  get data(): string {
    return join(this.directory, 'data');
  }

  /** Runs a command to its end. */
  async paybill(args: readonly string[], environment: Environment = {}): Promise<Ended> {
    const child = this.start(args, environment);
    const output = { out: '', err: '' };
    child.stdout?.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
    await once(child, 'close');
    return { code: child.exitCode, ...output };
  }

  /** Starts a command and leaves it running. */
  start(args: readonly string[], environment: Environment = {}): ChildProcess {
    return this.#spawn([CLI, ...args], environment, 'pipe');
  }

  /** Starts Paybill on the data directory. @returns its URL */
  async standalone(environment: Environment = {}): Promise<string> {
    const { PAYBILL_DATA: data = this.data } = environment;
    const readModels = join(data, 'read-models');
    if (!existsSync(readModels)) await emptyPglite(readModels);
    const child = this.#spawn([STANDALONE], { PAYBILL_PORT: '0', LOG_LEVEL: 'error', ...environment }, 'inherit');
    while (child.exitCode === null) {
      const running = await readFile(join(data, 'standalone.json'), 'utf8').catch(() => '');
      if (running.endsWith('}')) {
        const { url } = JSON.parse(running) as { url: string };
        this.#standalones.set(url, child);
        return url;
      }
      await delay(20);
    }
    throw new Error(`Paybill ended with ${child.exitCode}`);
  }

  /** Asks what is running to end, all or the Paybill at some URLs, and waits until it has. */
  async stop(...urls: string[]): Promise<void> {
    const children = urls.length === 0 ? this.#children : urls.flatMap((url) => this.#standalones.get(url) ?? []);
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }

  /** Stops Paybill and starts it again on the same directory. @returns its URL */
  async restart(environment: Environment = {}): Promise<string> {
    await this.stop();
    return this.standalone(environment);
  }

  /** Ends what is running with kill -9: no process gets to say a word. */
  async kill(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    // What a Paybill wrote of itself is still there; the next one is to be found and not that.
    await rm(join(this.data, 'standalone.json'), { force: true });
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(args: readonly string[], environment: Environment, stdio: 'pipe' | 'inherit'): ChildProcess {
    const child = spawn(process.execPath, args, {
      cwd: this.directory,
      env: { ...process.env, ...NOTHING_SET, PAYBILL_DATA: this.data, ...environment },
      stdio: ['ignore', stdio, stdio],
    });
    this.#children.push(child);
    return child;
  }
}
