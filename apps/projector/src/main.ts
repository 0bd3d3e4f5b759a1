import 'reflect-metadata';
import { connectEventStore, ProjectionRunner, tellOfJob } from '#libs/event-sourcing';
import { fraudReadModels } from '#libs/fraud';
import { readModels } from '#libs/ledger';
import {
  askedToStop,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  openDatabase,
  readConfig,
  runProcess,
} from '#libs/platform';

const Settings = ConnectionSettings.extend(HttpSettings.pick({ LOG_LEVEL: true }).shape);

/** Keeps the read models in PostgreSQL up to date with the event store. One is at work; a second stands by for it. */
await runProcess('projector', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'projector' });
  const store = await connectEventStore(settings.EVENTSTORE_URL);
  // One session for its locks, one for each writer of a rebuild, and two to compare versions with.
  await using db = await openDatabase({ url: settings.DATABASE_URL, poolSize: 12 });
  const stopping = new AbortController();
  const asked = askedToStop().then((reason) => {
    log.info({ reason }, 'projector stops');
    stopping.abort();
  });
  log.info('projector is up');
  await new ProjectionRunner(store, db, [...readModels, ...fraudReadModels], {
    onStopped: (projection, error) => log.error({ projection, reason: error.message }, 'projection stopped'),
    onWaiting: (reason) => log.warn({ reason }, 'projector waits'),
    onJob: (job, error) => tellOfJob(log, job, error),
  }).run(stopping.signal);
  await asked;
  await store.close();
});
