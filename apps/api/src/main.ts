import 'reflect-metadata';
import { auditReadModels, AuditSettings, installTree } from '#libs/audit';
import { BillDocumentSettings, billerOf } from '#libs/bill-documents';
import { CommandHandling, connectEventStore, install } from '#libs/event-sourcing';
import { collectingBy, GatewaySettings } from '#libs/gateways';
import { fraudReadModels } from '#libs/fraud';
import {
  CatalogueSettings,
  CollectionSettings,
  ConsolidationProcess,
  PaymentProcess,
  paymentReadModels,
  readCatalogue,
  readCollectionPolicy,
  readModels,
  subscriptionReadModels,
  TillProcess,
  receiptReadModels,
  tillReadModels,
  TransferProcess,
} from '#libs/ledger';
import { createHttpApp, serveUntilAsked } from '#http/platform';
import {
  BillerSettings,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  openDatabase,
  PersonalData,
  PersonalDataSettings,
  readConfig,
  runProcess,
} from '#libs/platform';
import { featuresOn } from './features.js';

const Settings = HttpSettings.extend(ConnectionSettings.shape)
  .extend(PersonalDataSettings.shape)
  .extend(BillerSettings.shape)
  .extend(BillDocumentSettings.shape)
  .extend(CatalogueSettings.shape)
  .extend(CollectionSettings.shape)
  .extend(GatewaySettings.shape)
  .extend(AuditSettings.pick({ PAYBILL_AUDIT_KEY: true }).shape);

/** The API as a process of its own: commands in, queries out, against an event store and a database that run elsewhere. */
await runProcess('api', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'api' });
  const catalogue = await readCatalogue(settings.PAYBILL_CATALOGUE);
  const collectionPolicy = await readCollectionPolicy(settings.PAYBILL_COLLECTION_POLICY);
  const store = await connectEventStore(settings.EVENTSTORE_URL);
  await using db = await openDatabase({ url: settings.DATABASE_URL });
  // Whoever starts first makes the tables, so that a read before the projector is up finds them empty. Commands need no
  // database: one that is away does not keep the API from taking payments.
  install(db, [
    ...readModels,
    ...paymentReadModels,
    ...subscriptionReadModels,
    ...receiptReadModels,
    ...tillReadModels,
    ...fraudReadModels,
    ...auditReadModels,
  ])
    .then(() => installTree(db))
    .catch((error: unknown) => log.warn({ err: error }, 'the read models are left to the projector'));
  const masterKey = settings.PAYBILL_MASTER_KEY;
  const personalData = masterKey && new PersonalData(db, masterKey);
  if (!personalData) log.warn('PAYBILL_MASTER_KEY is not set: contacts can be neither changed nor read');
  const keys = settings.PAYBILL_AUDIT_KEY;
  const biller = billerOf(settings.PAYBILL_BILLER_NAME, settings);
  const handling = new CommandHandling(store);
  const collecting = collectingBy(settings);
  const features = featuresOn({
    store,
    db,
    catalogue,
    collectionPolicy,
    handling,
    personalData,
    collecting,
    biller,
    keys,
  });
  const app = await createHttpApp({ ...features, settings, log });
  // One of all API processes carries payments and transfers on, whichever it is.
  const stopping = new AbortController();
  const carrying = Promise.all([
    new PaymentProcess({ store, db, handling, gateways: collecting.gateways, log }).run(stopping.signal),
    new TransferProcess({ store, db, handling, log }).run(stopping.signal),
    new ConsolidationProcess({ store, db, handling, log }).run(stopping.signal),
    new TillProcess({ db, handling, log }).run(stopping.signal),
  ]);
  await Promise.race([serveUntilAsked(app, settings, log), carrying.then(() => new Promise<never>(() => undefined))]);
  stopping.abort();
  await carrying;
  await store.close();
});
