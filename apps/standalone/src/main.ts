import 'reflect-metadata';
import { EventStore, ProjectionRunner, untilReachable } from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { LedgerModule, readModels } from '#libs/ledger';
import {
  createHttpApp,
  createLogger,
  DirectoryInUse,
  HttpSettings,
  lockDirectory,
  openDatabase,
  readConfig,
  WrongConfiguration,
} from '#libs/platform';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Settings = HttpSettings.extend({
  /** Everything Paybill keeps on this machine is in here. */
  PAYBILL_DATA: z.string().default('./data'),
  /** Set to keep the read models in a PostgreSQL server instead of the embedded database. */
  DATABASE_URL: z.string().optional(),
});

/**
 * Paybill in one command: the event store node in a process of its own, API and projections in this one, all data in one
 * directory that a lock keeps for this process. Survives kill -9 at any moment and goes on where it was.
 */
async function main(): Promise<void> {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'standalone' });
  const dataDir = settings.PAYBILL_DATA;
  const release = await lockDirectory(dataDir);
  const node = await spawnEventStoreNode({ dataDir: join(dataDir, 'eventstore'), port: 0 });
  const store = new EventStore(node.connectionString);
  await untilReachable(store);
  const db = await openDatabase({ url: settings.DATABASE_URL, dataDir: join(dataDir, 'read-models') });

  const stopping = new AbortController();
  const runner = new ProjectionRunner(store, db, readModels, {
    onStopped: (projection, error) => log.error({ projection, reason: error.message }, 'projection stopped'),
  });
  const projecting = runner.run(stopping.signal);
  const app = await createHttpApp({ features: [LedgerModule.forRoot({ store, db })], settings, log });
  await app.listen(settings.PAYBILL_PORT, settings.PAYBILL_HOST);
  const running = { url: await app.getUrl(), eventStoreUrl: node.connectionString, pid: process.pid };
  await writeFile(join(dataDir, 'standalone.json'), JSON.stringify(running));
  log.info({ ...running, dataDir }, 'paybill is up');

  try {
    await Promise.race([
      once(process, 'SIGTERM'),
      once(process, 'SIGINT'),
      node.exited.then((code) => Promise.reject(new Error(`the event store node ended with ${code}`))),
      // Projections that stop one by one are for health to show; that the runner itself fails is not.
      projecting.then(() => new Promise<never>(() => undefined)),
    ]);
  } finally {
    stopping.abort();
    await app.close();
    await projecting.catch(() => undefined);
    await db.close();
    await store.close();
    await node.close();
    release();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const expected = error instanceof WrongConfiguration || error instanceof DirectoryInUse;
  process.stderr.write(`paybill: ${expected ? error.message : (error as Error).stack}\n`);
  process.exit(1);
}
