import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type PgliteAnswer, type PgliteRequest } from './pglite-worker.js';
import { type PostgresPool } from 'kysely';

type PoolClient = Awaited<ReturnType<PostgresPool['connect']>>;

/**
 * PGlite as the pool kysely expects, in a thread of its own. It has one session, which is handed out to one user at a
 * time, so that nobody's statement lands in somebody else's transaction.
 */
export async function openPglite(dataDir: string | undefined): Promise<PostgresPool> {
  if (dataDir !== undefined && !existsSync(join(dataDir, 'PG_VERSION'))) await initialise(dataDir);
  const worker = new Worker(entry(), { workerData: { dataDir }, execArgv: [] });
  await ready(worker);
  const session = new Session(worker);
  let tail: Promise<void> = Promise.resolve();
  return {
    async connect() {
      const before = tail;
      let release!: () => void;
      tail = new Promise((resolve) => (release = resolve));
      await before;
      const query = (text: string, parameters: readonly unknown[]) => session.query({ text, parameters });
      return { query: query as unknown as PoolClient['query'], release };
    },
    end: () => session.close(),
  };
}

/** Requests on their way to the thread, in the order in which they will be answered. */
class Session {
  readonly #waiting: { resolve: (answer: PgliteAnswer) => void; reject: (error: Error) => void }[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | undefined;

  constructor(private readonly worker: Worker) {
    worker.on('message', (answer: PgliteAnswer) => this.#waiting.shift()?.resolve(answer));
    worker.on('error', (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(new Error('the embedded database has ended'));
        resolve();
      });
    });
  }

  async query(request: PgliteRequest) {
    if (this.#failure) throw this.#failure;
    const answer = await new Promise<PgliteAnswer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.worker.postMessage(request);
    });
    if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
    const { rows, affectedRows } = answer;
    return { command: affectedRows === undefined ? 'SELECT' : 'UPDATE', rowCount: affectedRows ?? rows.length, rows };
  }

  async close(): Promise<void> {
    this.worker.postMessage('close');
    await this.#ended;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** A thread cannot be started from a TypeScript source: whoever runs from sources gets the built file. */
function entry(): URL {
  const built = import.meta.url.endsWith('.ts') ? '../../../../dist/libs/platform/src/postgres/' : './';
  return new URL(`${built}pglite-worker.js`, import.meta.url);
}

function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}

/**
 * Makes an empty database, whole or not at all, in a process of its own: what initialising takes, half a gigabyte, would
 * otherwise stay with this process for good.
 */
async function initialise(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const script = `const { PGlite } = await import(process.argv[1]);
    const db = await PGlite.create({ dataDir: process.argv[2] });
    await db.close();`;
  const pglite = pathToFileURL(createRequire(import.meta.url).resolve('@electric-sql/pglite')).href;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, pglite, unfinished]);
  await rm(dataDir, { recursive: true, force: true });
  await rename(unfinished, dataDir);
}
