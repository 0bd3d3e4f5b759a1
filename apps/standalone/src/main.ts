import 'reflect-metadata';
import { BackupModule } from '#http/backup';
import { AuditModule, auditProblemOf } from '#http/audit';
import { auditKeysIn, auditReadModels, AuditSettings, lastCheckpoint, startAudit } from '#libs/audit';
import { BillDocumentSettings, billerOf } from '#libs/bill-documents';
import { ProjectionsModule } from '#http/event-sourcing';
import {
  CommandHandling,
  connectEventStore,
  type EventStore,
  shownStandings,
  tellOfJob,
  ProjectionRunner,
} from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { collectingBy, GatewaySettings } from '#libs/gateways';
import { FraudModule } from '#http/fraud';
import { fraudProblemOf, fraudReadModels, FraudSettings, openFraudMonitor } from '#libs/fraud';
import { LedgerModule } from '#http/ledger';
import {
  AccountHolds,
  BillDocuments,
  CatalogueSettings,
  CollectionSettings,
  codeToSend,
  ConsolidationProcess,
  ledgerProblemOf,
  PaymentProcess,
  paymentReadModels,
  publicMessage,
  readCatalogue,
  readCollectionPolicy,
  readModels,
  subscriptionReadModels,
  TillProcess,
  receiptReadModels,
  tillReadModels,
  TransferProcess,
  verification,
} from '#libs/ledger';
import { MessagingModule } from '#http/messaging';
import { Following, type MessageSource, Relay, RelaySuperseded } from '#libs/messaging';
import { NotificationsModule } from '#http/notifications';
import { NotificationSettings, startNotifications } from '#libs/notifications';
import { createHttpApp } from '#http/platform';
import {
  askedToStop,
  connectKafka,
  createLogger,
  type Database,
  HttpSettings,
  KafkaSettings,
  lockDirectory,
  masterKeyIn,
  openDatabase,
  PersonalData,
  pingKafka,
  readConfig,
  runProcess,
} from '#libs/platform';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger } from 'pino';
import { z } from 'zod';

const Settings = HttpSettings.extend(FraudSettings.shape)
  .extend(NotificationSettings.shape)
  .extend(KafkaSettings.shape)
  .extend(AuditSettings.shape)
  .extend(CatalogueSettings.shape)
  .extend(CollectionSettings.shape)
  .extend(GatewaySettings.shape)
  .extend(BillDocumentSettings.shape)
  .extend({
    /** Everything Paybill keeps on this machine is in here. */
    PAYBILL_DATA: z.string().default('./data'),
    /** Set to keep the database in a PostgreSQL server instead of the embedded one. */
    DATABASE_URL: z.string().optional(),
    /** Set to have messages go through Kafka; without it consumers read the log itself. */
    KAFKA_BROKERS: KafkaSettings.shape.KAFKA_BROKERS.optional(),
    /** Mails and text messages that have no other way out; `outbox` in the data directory unless set. */
    PAYBILL_OUTBOX: z.string().optional(),
  });
type Settings = z.output<typeof Settings>;

const PROJECTIONS = [
  ...readModels,
  ...paymentReadModels,
  ...subscriptionReadModels,
  ...receiptReadModels,
  ...tillReadModels,
  ...fraudReadModels,
  ...auditReadModels,
];

/**
 * Paybill in one command: the event store node in a process of its own, everything else in this one, all data in one
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
  const paybill = await compose(store, db, settings, log);
  const app = await createHttpApp({ ...paybill, settings, log });
  const working = paybill.run(stopping.signal);
  await app.listen(settings.PAYBILL_PORT, settings.PAYBILL_HOST);
  const url = await app.getUrl();
  // How the command line finds a running Paybill.
  const running = join(dataDir, 'standalone.json');
  const { engine: database } = db;
  await writeFile(running, JSON.stringify({ url, eventStoreUrl: node.connectionString, pid: process.pid, database }));
  log.info({ url, eventStore: node.connectionString, dataDir }, 'paybill is up');

  try {
    const reason = await Promise.race([
      askedToStop(),
      node.exited.then((code) => Promise.reject(new Error(`the event store node ended with ${code}`))),
      // Projections that stop one by one are for health to show; that one of the workers itself fails is not.
      working.then(() => new Promise<never>(() => undefined)),
    ]);
    log.info({ reason }, 'paybill stops');
  } finally {
    await rm(running, { force: true });
    stopping.abort();
    await app.close();
    await working.catch(() => undefined);
    await db.close();
    await store.close();
    await node.close();
    release();
  }
});

/** Puts together what runs in this process: the features it serves, and the work that goes on beside serving them. */
async function compose(store: EventStore, db: Database, settings: Settings, log: Logger) {
  const handling = new CommandHandling(store);
  const personalData = new PersonalData(db, await masterKeyIn(settings.PAYBILL_DATA));
  const biller = billerOf(settings.PAYBILL_BILLER_NAME, settings);
  const documents = new BillDocuments(store, biller, personalData);
  const outbox = settings.PAYBILL_OUTBOX ?? join(settings.PAYBILL_DATA, 'outbox');
  const notifications = startNotifications({
    db,
    personalData,
    settings: { ...settings, PAYBILL_OUTBOX: outbox },
    codes: { store, category: verification.category, toCode: codeToSend },
    log,
    billDocument: (accountId, billNumber) => documents.pdf(accountId, billNumber),
  });
  const rules = await rulesOf(settings);
  const holds = new AccountHolds(handling, 'fraud-monitor');
  const monitor = await openFraudMonitor({ db, store, handling, holds, rulesPath: settings.PAYBILL_FRAUD_RULES, log });
  const { source, relay, kafka } = sourceOf(store, settings, log);
  const notifying = new Following(db, notifications.handler, source, log);
  const monitoring = new Following(db, monitor.handler, source, log);
  const collecting = collectingBy(settings);
  const payments = new PaymentProcess({ store, db, handling, gateways: collecting.gateways, log });
  const transfers = new TransferProcess({ store, db, handling, log });
  const consolidated = new ConsolidationProcess({ store, db, handling, log });
  const keys = settings.PAYBILL_AUDIT_KEY ?? (await auditKeysIn(settings.PAYBILL_DATA));
  const audit = startAudit({ store, db, keys, checkpointSeconds: settings.PAYBILL_CHECKPOINT_SECONDS, log });
  const runner = new ProjectionRunner(store, db, PROJECTIONS, {
    onStopped: (projection, error) => log.error({ projection, reason: error.message }, 'projection stopped'),
    onWaiting: (reason) => log.warn({ reason }, 'projections wait'),
    onJob: (job, error) => tellOfJob(log, job, error),
  });
  return {
    features: [
      LedgerModule.forRoot({ store, db, ...rules, handling, personalData, collecting, biller }),
      MessagingModule.forRoot({ db }),
      NotificationsModule.forRoot({ db, personalData, outbox, wake: () => notifications.wake() }),
      FraudModule.forRoot(),
      ProjectionsModule.forRoot({ store, db, projections: PROJECTIONS }),
      AuditModule.forRoot({ store, db, keys }),
      BackupModule.forRoot({ db, data: settings.PAYBILL_DATA }),
    ],
    problems: [auditProblemOf, fraudProblemOf, ledgerProblemOf],
    probes: {
      lastPosition: () => store.lastPosition(),
      projections: () => shownStandings(db),
      followers: async () => [
        ...(relay ? [relay.standing] : []),
        await notifying.standing(await notifications.parked()),
        await monitoring.standing(),
        await audit.standing(),
      ],
      checkpoint: () => lastCheckpoint(store),
      ...(kafka && { kafka: () => pingKafka(kafka) }),
    },
    run: (signal: AbortSignal) =>
      Promise.all([
        runner.run(signal),
        audit.run(signal),
        payments.run(signal),
        transfers.run(signal),
        consolidated.run(signal),
        new TillProcess({ db, handling, log }).run(signal),
        relay?.run(signal).catch((error: unknown) => standDown(error, log)),
        notifying.run(signal, (ended) => notifications.run(ended)),
        monitoring.run(signal, (ended) => monitor.run(ended)),
      ]),
  };
}

/** The biller's own rules, read once. */
async function rulesOf(settings: Settings) {
  return {
    catalogue: await readCatalogue(settings.PAYBILL_CATALOGUE),
    collectionPolicy: await readCollectionPolicy(settings.PAYBILL_COLLECTION_POLICY),
  };
}

/** A relay elsewhere has taken over: health says so, and the rest of this process goes on. */
function standDown(error: unknown, log: Logger): void {
  if (!(error instanceof RelaySuperseded)) throw error;
  log.error({ reason: error.message }, 'relay stands down; restart this process to have it take over again');
}

/** The log itself, or with brokers the topic that the relay of this process fills from it. */
function sourceOf(store: EventStore, settings: Settings, log: Logger) {
  const messages = { store, category: 'account', toMessage: publicMessage };
  const { KAFKA_BROKERS: brokers } = settings;
  if (brokers === undefined) return { source: { log: messages } satisfies MessageSource };
  const kafka = connectKafka({ ...settings, KAFKA_BROKERS: brokers }, log);
  const relay = new Relay(messages, kafka, { onWaiting: (reason) => log.warn({ reason }, 'relay waits') });
  return { source: { kafka } satisfies MessageSource, relay, kafka };
}
