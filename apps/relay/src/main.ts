import 'reflect-metadata';
import { connectEventStore } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { Relay, RelaySuperseded } from '#libs/messaging';
import { createHttpApp, serveUntilAsked } from '#http/platform';
import {
  connectKafka,
  ConnectionSettings,
  createLogger,
  HttpSettings,
  KafkaSettings,
  pingKafka,
  readConfig,
  runProcess,
} from '#libs/platform';

const Settings = HttpSettings.extend(KafkaSettings.shape).extend({
  EVENTSTORE_URL: ConnectionSettings.shape.EVENTSTORE_URL,
  PAYBILL_PORT: HttpSettings.shape.PAYBILL_PORT.removeDefault().default(3001),
});

/** Brings every event of the log to Kafka as a public message. One is at work: a second that starts takes over from it. */
await runProcess('relay', async () => {
  const settings = readConfig(Settings);
  const log = createLogger({ level: settings.LOG_LEVEL, name: 'relay' });
  const store = await connectEventStore(settings.EVENTSTORE_URL);
  const kafka = connectKafka(settings, log);
  const relay = new Relay({ store, category: 'account', toMessage: publicMessage }, kafka, {
    onWaiting: (reason) => log.warn({ reason }, 'relay waits'),
  });
  const probes = {
    // What is written to other streams does not concern it, and is no lag.
    lastPosition: () => store.lastOf('account'),
    kafka: () => pingKafka(kafka),
    followers: () => Promise.resolve([relay.standing]),
  };
  const app = await createHttpApp({ features: [], settings, log, probes });
  const stopping = new AbortController();
  const relaying = relay.run(stopping.signal).catch((error: unknown) => {
    // Ending would have a supervisor start it again, and shut the other out: the two would take turns for ever.
    if (!(error instanceof RelaySuperseded)) throw error;
    log.error({ reason: error.message }, 'relay stands down; restart this process to have it take over again');
    return new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve(), { once: true }));
  });
  await Promise.race([serveUntilAsked(app, settings, log), relaying]);
  stopping.abort();
  await relaying;
  await store.close();
});
