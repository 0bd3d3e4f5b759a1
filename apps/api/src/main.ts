import 'reflect-metadata';
import { EventStore, untilReachable } from '#libs/event-sourcing';
import { LedgerModule } from '#libs/ledger';
import {
  ConnectionSettings,
  createHttpApp,
  createLogger,
  HttpSettings,
  openDatabase,
  readConfig,
  serveUntilAsked,
  WrongConfiguration,
} from '#libs/platform';

const Settings = HttpSettings.extend(ConnectionSettings.shape);

/** The API as a process of its own: commands in, queries out, against an event store and a database that run elsewhere. */
async function main(): Promise<void> {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'api' });
  const store = new EventStore(settings.EVENTSTORE_URL);
  try {
    await untilReachable(store);
    await using db = await openDatabase({ url: settings.DATABASE_URL });
    const app = await createHttpApp({ features: [LedgerModule.forRoot({ store, db })], settings, log });
    await serveUntilAsked(app, settings, log);
  } finally {
    await store.close();
  }
}

try {
  await main();
} catch (error) {
  const message = error instanceof WrongConfiguration ? error.message : (error as Error).stack;
  process.stderr.write(`api: ${message}\n`);
  process.exitCode = 1;
}
