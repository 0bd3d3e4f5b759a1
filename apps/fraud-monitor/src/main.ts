import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { asOnlyRunner, CommandHandling, connectEventStore } from '#libs/event-sourcing';
import { FraudSettings, openFraudMonitor } from '#libs/fraud';
import { AccountHolds } from '#libs/ledger';
import { Following } from '#libs/messaging';
import { createHttpApp, serveUntilAsked } from '#http/platform';
import {
  ADVISORY_LOCKS,
  connectKafka,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  KafkaSettings,
  openDatabase,
  isPassing,
  pingKafka,
  readConfig,
  runProcess,
} from '#libs/platform';

const Settings = HttpSettings.extend(ConnectionSettings.shape)
  .extend(KafkaSettings.shape)
  .extend(FraudSettings.shape)
  .extend({ PAYBILL_PORT: HttpSettings.shape.PAYBILL_PORT.removeDefault().default(3003) });

/**
 * What one process sees has to be all there is: a token that pays for many accounts is found only by whoever reads them
 * all. So one is at work and others stand by.
 */
const MONITOR = { lock: ADVISORY_LOCKS.fraudMonitor, elsewhere: 'another fraud monitor is at work' };

const RETRY_MS = 500;

/** Watches payments by rules: alerts, cases, and holds on accounts. */
await runProcess('fraud-monitor', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'fraud-monitor' });
  const store = await connectEventStore(settings.EVENTSTORE_URL);
  await using db = await openDatabase({ url: settings.DATABASE_URL, poolSize: 8 });
  const kafka = connectKafka(settings, log);
  const handling = new CommandHandling(store, { cachedEvents: 20_000 });
  const holds = new AccountHolds(handling, 'fraud-monitor');
  const monitor = await openFraudMonitor({ db, store, handling, holds, rulesPath: settings.PAYBILL_FRAUD_RULES, log });
  const following = new Following(db, monitor.handler, { kafka }, log);
  const probes = {
    lastPosition: () => store.lastPosition(),
    kafka: () => pingKafka(kafka),
    followers: async () => [await following.standing()],
  };
  const app = await createHttpApp({ features: [], settings, log, probes });
  const stopping = new AbortController();
  const standsBy = (reason: string) => log.info({ reason }, 'fraud monitor stands by');
  const working = Promise.all([
    patiently(stopping.signal, () =>
      asOnlyRunner(db, MONITOR, stopping.signal, standsBy, () => following.run(stopping.signal)),
    ),
    monitor.run(stopping.signal),
  ]);
  await Promise.race([serveUntilAsked(app, settings, log), working]);
  stopping.abort();
  await working;
  await store.close();
});

/** Begins work anew when the database has been away. */
async function patiently(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
