import 'reflect-metadata';
import { BillDocumentSettings, billerOf } from '#libs/bill-documents';
import { connectEventStore } from '#libs/event-sourcing';
import { BillDocuments, codeToSend, verification } from '#libs/ledger';
import { Following } from '#libs/messaging';
import { NotificationSettings, startNotifications } from '#libs/notifications';
import { createHttpApp, serveUntilAsked } from '#http/platform';
import {
  connectKafka,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  KafkaSettings,
  openDatabase,
  PersonalData,
  PersonalDataSettings,
  pingKafka,
  readConfig,
  runProcess,
} from '#libs/platform';

const Settings = HttpSettings.extend(KafkaSettings.shape)
  .extend(NotificationSettings.shape)
  .extend(BillDocumentSettings.shape)
  .extend({
    DATABASE_URL: ConnectionSettings.shape.DATABASE_URL,
    /**
     * One-time codes are asked for in the log and published nowhere, and bills that go with mails to the paperless are made from
     * it; without it neither is sent.
     */
    EVENTSTORE_URL: ConnectionSettings.shape.EVENTSTORE_URL.optional(),
    PAYBILL_MASTER_KEY: PersonalDataSettings.shape.PAYBILL_MASTER_KEY.nonoptional(
      'must be set: contacts are sealed with it',
    ),
    PAYBILL_PORT: HttpSettings.shape.PAYBILL_PORT.removeDefault().default(3002),
  });

/** Tells customers what happens on their accounts. As many run as are needed: they share the topic's partitions. */
await runProcess('notifications', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'notifications' });
  await using db = await openDatabase({ url: settings.DATABASE_URL, poolSize: 6 });
  const kafka = connectKafka(settings, log);
  const personalData = new PersonalData(db, settings.PAYBILL_MASTER_KEY);
  const store = settings.EVENTSTORE_URL === undefined ? undefined : await connectEventStore(settings.EVENTSTORE_URL);
  if (!store)
    log.warn('EVENTSTORE_URL is not set: no one-time codes are sent from here, and no mail has the bill attached');
  const codes = store && { store, category: verification.category, toCode: codeToSend };
  const documents = store && new BillDocuments(store, billerOf(settings.PAYBILL_BILLER_NAME, settings), personalData);
  const billDocument = documents && ((account: string, bill: string) => documents.pdf(account, bill));
  const notifications = startNotifications({ db, personalData, settings, log, codes, billDocument });
  const following = new Following(db, notifications.handler, { kafka }, log);
  const probes = {
    kafka: () => pingKafka(kafka),
    followers: async () => [await following.standing(await notifications.parked())],
  };
  const app = await createHttpApp({ features: [], settings, log, probes });
  const stopping = new AbortController();
  const working = following.run(stopping.signal, (signal) => notifications.run(signal));
  await Promise.race([serveUntilAsked(app, settings, log), working]);
  stopping.abort();
  await working;
  await store?.close();
});
