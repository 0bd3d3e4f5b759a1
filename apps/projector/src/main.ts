import 'reflect-metadata';
import { auditReadModels, AuditSettings, startAudit } from '#libs/audit';
import { connectEventStore, ProjectionRunner, tellOfJob } from '#libs/event-sourcing';
import { fraudReadModels } from '#libs/fraud';
import { paymentReadModels, readModels, subscriptionReadModels, receiptReadModels, tillReadModels } from '#libs/ledger';
import {
  askedToStop,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  openDatabase,
  readConfig,
  runProcess,
} from '#libs/platform';

const Settings = ConnectionSettings.extend(HttpSettings.pick({ LOG_LEVEL: true }).shape).extend(AuditSettings.shape);

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
  const { PAYBILL_AUDIT_KEY: keys = { verifiers: [] }, PAYBILL_CHECKPOINT_SECONDS: checkpointSeconds } = settings;
  const auditing = startAudit({ store, db, keys, checkpointSeconds, log }).run(stopping.signal);
  const projections = [
    ...readModels,
    ...paymentReadModels,
    ...subscriptionReadModels,
    ...receiptReadModels,
    ...tillReadModels,
    ...fraudReadModels,
    ...auditReadModels,
  ];
  await new ProjectionRunner(store, db, projections, {
    onStopped: (projection, error) => log.error({ projection, reason: error.message }, 'projection stopped'),
    onWaiting: (reason) => log.warn({ reason }, 'projector waits'),
    onJob: (job, error) => tellOfJob(log, job, error),
  }).run(stopping.signal);
  await asked;
  await auditing;
  await store.close();
});
