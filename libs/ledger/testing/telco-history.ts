import { spawn } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { CommandHandling, connectEventStore, type EventStore } from '#libs/event-sourcing';
import { type SpawnedEventStoreNode } from '#libs/eventstore-node';
import { Import, type ImportOutcome, telcoSource } from '#libs/ledger';
import { DirectoryInUse, lockDirectory } from '#libs/platform';

/** A test file's own copy of the log, with a node on it in a process of its own: it may be written to. */
export interface TelcoLog {
  readonly node: SpawnedEventStoreNode;
  readonly store: EventStore;
  /** What the import wrote, with the figures counted from the source. */
  readonly outcome: ImportOutcome;
  /** A directory that goes with the log. */
  readonly directory: string;
  close(): Promise<void>;
}

/** So many of its customers are imported in a run of the tests, or, with PAYBILL_TELCO=whole, all. */
const CUSTOMERS = process.env['PAYBILL_TELCO'] === 'whole' ? Number.POSITIVE_INFINITY : 2_000;

/** The telco import: of the whole file 7,043 accounts and some 463,000 events, else 2,000 accounts and some 130,000. */
export interface TelcoHistory {
  /** A copy of the log. The first file of a run to ask waits for the import, a minute or two on two cores. */
  open(): Promise<TelcoLog>;
}

const FILE =
  process.env['PAYBILL_TELCO_FILE'] ??
  fileURLToPath(new URL('../../../../shared/data/telco-customer-churn.csv', import.meta.url));

/**
 * The log of the telco import for `describe.each(await telcoHistory())`: imported once in a run of the tests and
 * copied for every file that asks; empty (and reported) where the data set is not on the machine.
 */
export function telcoHistory(): TelcoHistory[] {
  if (existsSync(FILE)) return [{ open }];
  // Outside input that is not part of the repository: a newcomer's run says that it is absent, and CI, where nothing may
  // be skipped, counts that as a failure.
  it.skip(`needs the telco data set: ${FILE} is not there (PAYBILL_TELCO_FILE)`, () => undefined);
  return [];
}

async function open(): Promise<TelcoLog> {
  const run = await directoryOfRun();
  const outcome = await importOnce(run);
  const directory = await mkdtemp(join(run, 'copy-'));
  const dataDir = join(directory, 'log');
  // Shares the blocks where the file system can.
  await cp(join(run, 'log'), dataDir, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const { node, store } = await startNode(dataDir);
  return {
    node,
    store,
    outcome,
    directory,
    async close() {
      await store.close();
      await node.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A directory that all files of the run know, and that is gone when the run has ended, however it ended. */
async function directoryOfRun(): Promise<string> {
  // The process that runs all files: infra/jest/run.mjs says which.
  const pid = process.env['PAYBILL_TEST_RUN'] ?? `${process.pid}`;
  const directory = join(tmpdir(), `paybill-telco-${pid}`);
  if ((await mkdir(directory, { recursive: true })) === undefined) return directory;
  const guard = 'while kill -0 "$1"; do sleep 1; done; rm -rf "$2"';
  spawn('sh', ['-c', guard, 'guard', pid, directory], { detached: true, stdio: 'ignore' }).unref();
  return directory;
}

/** Whoever comes first imports; the others wait. What a killed import left behind is thrown away. */
async function importOnce(run: string): Promise<ImportOutcome> {
  const giveBack = await lockWhenFree(run);
  try {
    const done = join(run, 'outcome');
    if (!existsSync(done)) {
      await rm(join(run, 'log'), { recursive: true, force: true });
      await writeFile(done, serialize(await importInto(join(run, 'log'))));
    }
    return deserialize(await readFile(done)) as ImportOutcome;
  } finally {
    giveBack();
  }
}

async function lockWhenFree(directory: string): Promise<() => void> {
  for (;;) {
    try {
      return await lockDirectory(directory);
    } catch (error) {
      if (!(error instanceof DirectoryInUse)) throw error;
      await delay(100);
    }
  }
}

async function importInto(dataDir: string): Promise<ImportOutcome> {
  const { node, store } = await startNode(dataDir);
  const handling = new CommandHandling(store, { cachedEvents: 20_000 });
  const importing = new Import(store, handling, { name: 'telco', currency: 'USD', actor: 'import' });
  const outcome = await importing.run(first(CUSTOMERS, telcoSource(FILE)));
  await store.close();
  await node.close();
  return outcome;
}

async function* first<Item>(count: number, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  let taken = 0;
  for await (const item of items) {
    yield item;
    if (++taken >= count) return;
  }
}

async function startNode(dataDir: string): Promise<Pick<TelcoLog, 'node' | 'store'>> {
  // Loaded here only: the pure specs that use this library's other helper are instant.
  const { spawnEventStoreNode } = await import('#libs/eventstore-node');
  const node = await spawnEventStoreNode({ dataDir, port: 0 });
  return { node, store: await connectEventStore(node.connectionString) };
}
