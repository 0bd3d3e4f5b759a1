import { sql } from 'kysely';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { publicMessage } from '#libs/ledger';
import { Following, Relay, verifyRelay } from '#libs/messaging';
import { NotificationSettings, startNotifications } from '#libs/notifications';
import { connectKafka, PersonalData, readConfig } from '#libs/platform';
import { telcoHistory, type TelcoLog } from '#testing/ledger';
import { testTopics } from '#testing/messaging';
import { kafkaCluster, postgresEngine, skipped } from '#testing/platform';

const LOG = pino({ enabled: false });
const [history] = telcoHistory();
const [cluster] = history ? await kafkaCluster() : [];
const [postgres] = history ? await postgresEngine() : [];
if (history && (!cluster || !postgres)) skipped('the fan-out of the telco history', 'needs Kafka and PostgreSQL');

(history && cluster && postgres ? describe : describe.skip)('The telco history, fanned out', () => {
  let telco: TelcoLog;
  beforeAll(async () => {
    telco = await history!.open();
  }, 600_000);
  afterAll(() => telco.close());

  it('is in the topic as it is in the log, and has a confirmation for every payment', async () => {
    const { store } = telco;
    const payments = telco.outcome.figures.payments.count;

    const kafka = connectKafka({ KAFKA_BROKERS: cluster!.brokers }, LOG);
    const topics = await testTopics(kafka);
    const log = { store, category: 'account', toMessage: publicMessage };
    const relay = new Relay(log, kafka, { ...topics, until: await store.lastPosition() });
    await relay.run(new AbortController().signal);

    const database = await postgres!.create();
    const { db } = database;
    const settings = readConfig(NotificationSettings, { PAYBILL_OUTBOX: join(telco.directory, 'outbox') });
    const personalData = new PersonalData(db, randomBytes(32));
    const { handler } = startNotifications({ db, personalData, settings, log: LOG });
    const stop = new AbortController();
    const following = new Following(db, handler, { kafka, topic: topics.topic }, LOG);
    const consuming = following.run(stop.signal);

    const verified = await verifyRelay(log, kafka, topics);
    expect(verified).toMatchObject({ faults: 0, messages: Number(relay.status.messages) });
    expect(verified.messages).toBe(telco.outcome.events);

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
  }, 900_000);
});
