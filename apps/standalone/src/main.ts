import 'reflect-metadata';
import { connectEventStore, ProjectionRunner } from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { LedgerModule, readModels } from '#libs/ledger';
import {
  askedToStop,
  createHttpApp,
  createLogger,
  HttpSettings,
  lockDirectory,
  openDatabase,
  readConfig,
  runProcess,
} from '#libs/platform';
import { rm, writeFile } from 'node:fs/promises';
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
await runProcess('paybill', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'standalone' });
  const dataDir = settings.PAYBILL_DATA;
  const release = await lockDirectory(dataDir);
  const node = await spawnEventStoreNode({ dataDir: join(dataDir, 'eventstore'), port: 0 });
  const store = await connectEventStore(node.connectionString);
  const db = await openDatabase({ url: settings.DATABASE_URL, dataDir: join(dataDir, 'read-models') });

  const stopping = new AbortController();
  const runner = new ProjectionRunner(store, db, readModels, {
    onStopped: (projection, error) => log.error({ projection, reason: error.message }, 'projection stopped'),
    onWaiting: (reason) => log.warn({ reason }, 'projections wait'),
  });
  const projecting = runner.run(stopping.signal);
  const app = await createHttpApp({ features: [LedgerModule.forRoot({ store, db })], settings, log });
  await app.listen(settings.PAYBILL_PORT, settings.PAYBILL_HOST);
  const url = await app.getUrl();
  // How the command line finds a running Paybill.
  const running = join(dataDir, 'standalone.json');
  await writeFile(running, JSON.stringify({ url, eventStoreUrl: node.connectionString, pid: process.pid }));
  log.info({ url, eventStore: node.connectionString, dataDir }, 'paybill is up');

  try {
    const reason = await Promise.race([
      askedToStop(),
      node.exited.then((code) => Promise.reject(new Error(`the event store node ended with ${code}`))),
      // Projections that stop one by one are for health to show; that the runner itself fails is not.
      projecting.then(() => new Promise<never>(() => undefined)),
    ]);
    log.info({ reason }, 'paybill stops');
  } finally {
    await rm(running, { force: true });
    stopping.abort();
    await app.close();
    await projecting.catch(() => undefined);
    await db.close();
    await store.close();
    await node.close();
    release();
  }
});
