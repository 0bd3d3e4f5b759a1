import { sql } from 'kysely';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { CommandHandling, connectEventStore } from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { Import, publicMessage, telcoSource } from '#libs/ledger';
import { Following, Relay, verifyRelay } from '#libs/messaging';
import { NotificationSettings, startNotifications } from '#libs/notifications';
import { connectKafka, PersonalData, readConfig } from '#libs/platform';
import { testTopics } from '#testing/messaging';
import { kafkaCluster, postgresEngine, skipped } from '#testing/platform';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOG = pino({ enabled: false });
const FILE =
  process.env['PAYBILL_TELCO_FILE'] ??
  fileURLToPath(new URL('../../../../shared/data/telco-customer-churn.csv', import.meta.url));
const there = existsSync(FILE);
// Outside input that is not part of the repository: a newcomer's run says that it is absent, and CI, where nothing may be
// skipped, counts that as a failure.
if (!there) it.skip(`needs the telco data set: ${FILE} is not there (PAYBILL_TELCO_FILE)`, () => undefined);

const [cluster] = there ? await kafkaCluster() : [];
const [postgres] = there ? await postgresEngine() : [];
if (there && (!cluster || !postgres)) skipped('the fan-out of the telco history', 'needs Kafka and PostgreSQL');

(cluster && postgres ? describe : describe.skip)('The whole telco history, fanned out', () => {
  it('is in the topic as it is in the log, and has a confirmation for every payment', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'paybill-telco-'));
    const node = await spawnEventStoreNode({ dataDir, port: 0 });
    const store = await connectEventStore(node.connectionString);
    const handling = new CommandHandling(store, { cachedEvents: 20_000 });
    const importing = new Import(store, handling, { name: 'telco', currency: 'USD', actor: 'import' });
    const { figures } = await importing.run(telcoSource(FILE));
    const payments = figures.payments.count;

    const kafka = connectKafka({ KAFKA_BROKERS: cluster!.brokers }, LOG);
    const topics = await testTopics(kafka);
    const log = { store, category: 'account', toMessage: publicMessage };
    const relay = new Relay(log, kafka, { ...topics, until: await store.lastPosition() });
    await relay.run(new AbortController().signal);

    const database = await postgres!.create();
    const { db } = database;
    const settings = readConfig(NotificationSettings, { PAYBILL_OUTBOX: join(dataDir, 'outbox') });
    const personalData = new PersonalData(db, randomBytes(32));
    const { handler } = startNotifications({ db, personalData, settings, log: LOG });
    const stop = new AbortController();
    const following = new Following(db, handler, { kafka, topic: topics.topic }, LOG);
    const consuming = following.run(stop.signal);

    const verified = await verifyRelay(log, kafka, topics);
    expect(verified).toMatchObject({ faults: 0, messages: Number(relay.status.messages) });
    expect(verified.messages).toBeGreaterThan(450_000);

    const received = async (): Promise<number> => {
      const { rows } = await sql<{ all: string | null }>`select sum(sequence + 1) as all from messaging.inbox`
        .execute(db.sql)
        .catch(() => ({ rows: [] }));
      return Number(rows[0]?.all ?? 0);
    };
    while ((await received()) < verified.messages) await delay(100);
    stop.abort();
    await consuming;
    const { rows } = await sql`
      select count(*)::int as confirmations, count(distinct content->>'confirmationNumber')::int as numbers
      from notifications.notifications where type = 'payment-confirmation'`.execute(db.sql);
    expect(rows).toEqual([{ confirmations: payments, numbers: payments }]);
    const parked = await sql`select 1 from messaging.parked_messages`.execute(db.sql);
    expect(parked.rows).toEqual([]);

    await database.drop();
    await store.close();
    await node.close();
    await rm(dataDir, { recursive: true });
  }, 900_000);
});
