import 'reflect-metadata';
import { EventStore, ProjectionRunner, untilReachable } from '#libs/event-sourcing';
import { readModels } from '#libs/ledger';
import { ConnectionSettings, createLogger, HttpSettings, openDatabase, readConfig } from '#libs/platform';

/** Keeps the read models in PostgreSQL up to date with the event store. One runs at a time; a second takes over. */
const settings = readConfig(ConnectionSettings.extend(HttpSettings.pick({ LOG_LEVEL: true }).shape));
const log = createLogger({ level: settings.LOG_LEVEL, name: 'projector' });
const store = new EventStore(settings.EVENTSTORE_URL);
await using db = await openDatabase({ url: settings.DATABASE_URL, poolSize: 2 });
await untilReachable(store);

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

log.info('projector is up');
const stopped: string[] = [];
await new ProjectionRunner(store, db, readModels, {
  onStopped: (projection, error) => {
    stopped.push(projection);
    log.error({ projection, reason: error.message }, 'projection stopped');
  },
}).run(stopping.signal);
await store.close();
if (!stopping.signal.aborted) {
  log.fatal({ stopped }, 'no projection is left running');
  process.exitCode = 1;
}
