import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { type Message, toWire } from '#libs/contracts';
import { CommandHandling, connectEventStore, type EventStore, type StoredEvent } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { Following, type MessageHandler, ParkedMessages, Relay } from '#libs/messaging';
import { connectKafka, type Database, insertRows } from '#libs/platform';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { giveCredit, testTopics, writeAccounts } from '#testing/messaging';
import { embeddedDatabase, kafkaCluster, type TestDatabase, until } from '#testing/platform';

const LOG = pino({ enabled: false });

const NOTES: MessageHandler = {
  name: 'notes',
  ddl: ['create table if not exists notes (key text, sequence bigint, primary key (key, sequence))'],
  async handle(tx, messages) {
    const rows = messages.map(({ key, sequence }) => ({ key, sequence }));
    await insertRows(tx, 'notes', { key: 'text', sequence: 'bigint' }, rows);
  },
};

let node: TestNode;
let store: EventStore;
let handling: CommandHandling;
let database: TestDatabase;
let db: Database;
let stop: AbortController;

beforeEach(async () => {
  node = await startTestNode();
  store = await connectEventStore(node.connectionString);
  handling = new CommandHandling(store);
  database = await embeddedDatabase();
  db = database.db;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await store.close();
  await node.close();
  await database.drop();
});

async function noted(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from notes`
    .execute(db.sql)
    .catch(() => ({ rows: [] }));
  return rows[0]?.count ?? 0;
}

const parked = () => new ParkedMessages(db).list('0', 50);

describe('Before any consumer has run', () => {
  it('nothing is parked, and nothing can be retried or discarded', async () => {
    expect(await parked()).toEqual([]);
    expect(await new ParkedMessages(db).retry('1', 'ops')).toBe(false);
    expect(await new ParkedMessages(db).discard('1', 'ops', 'why')).toBe(false);
  });
});

describe('A consumer that reads the log itself', () => {
  it('goes on after a restart where it was, and follows live', async () => {
    const [account] = await writeAccounts(handling, { accounts: 3, credits: 4 });
    const source = { log: { store, category: 'account', toMessage: publicMessage } };
    const first = new AbortController();
    const running = new Following(db, NOTES, source, LOG).run(first.signal);
    await until(async () => (await noted()) === 15);
    first.abort();
    await running;
    await giveCredit(handling, account!);
    const again = new Following(db, NOTES, source, LOG);
    const following = again.run(stop.signal);
    await until(async () => (await noted()) === 16);
    await giveCredit(handling, account!);
    await until(async () => (await noted()) === 17);
    expect(await again.standing()).toMatchObject({ name: 'notes', parked: 0, position: await store.lastPosition() });
    stop.abort();
    await following;
  }, 30_000);

  it('parks what this build does not understand, and handles it when a build does', async () => {
    const [account] = await writeAccounts(handling, { accounts: 2, credits: 2 });
    let understands = false;
    const toMessage = (event: StoredEvent): Message => {
      if (!understands && event.stream.endsWith(account!) && event.revision === 1n)
        throw new Error('no such type here');
      return publicMessage(event);
    };
    const following = new Following(db, NOTES, { log: { store, category: 'account', toMessage } }, LOG).run(
      stop.signal,
    );
    await until(async () => (await noted()) === 4 && (await parked()).length === 1);
    const [{ id, reason } = { id: '', reason: '' }] = await parked();
    expect(reason).toBe('no such type here');
    understands = true;
    await new ParkedMessages(db).retry(id, 'ops');
    await until(async () => (await noted()) === 6);
    expect(await parked()).toEqual([]);
    stop.abort();
    await following;
  }, 30_000);
});

describe.each(await kafkaCluster())('A consumer that reads a topic', ({ brokers }) => {
  it('parks whatever anybody wrote there that is no message, and handles the messages', async () => {
    const kafka = connectKafka({ KAFKA_BROKERS: brokers }, LOG);
    const topics = await testTopics(kafka);
    await writeAccounts(handling, { accounts: 3, credits: 3 });
    const newer = toWire({ ...(await firstMessage()), key: randomUUID() });
    const junk = [
      { key: 'somebody', value: Buffer.from([0, 1, 2]) },
      { key: Buffer.from([0]), value: 'no JSON', headers: { 'n\0': 'v\0' } },
      { key: null, value: null },
      {
        ...newer,
        headers: { ...newer.headers, ce_dataschema: 'urn:paybill:message:account.opened:9' },
      },
    ];
    const producer = kafka.producer();
    await producer.connect();
    for (const message of junk) await producer.send({ topic: topics.topic, messages: [message] });
    await producer.disconnect();

    const log = { store, category: 'account', toMessage: publicMessage };
    const relay = new Relay(log, kafka, { ...topics, until: await store.lastPosition() });
    await relay.run(stop.signal);
    const following = new Following(db, NOTES, { kafka, topic: topics.topic }, LOG);
    const running = following.run(stop.signal);
    await until(async () => (await noted()) === 12 && (await parked()).length === 4);
    const held = (await parked()).find(({ accountId }) => accountId === newer.key);
    expect(held?.reason).toContain('has version 9');
    stop.abort();
    await running;
  }, 60_000);

  async function firstMessage(): Promise<Message> {
    const enough = new AbortController();
    for await (const batch of store.subscribe({ after: 0n, categories: ['account'], signal: enough.signal })) {
      for (const item of batch) if (item.kind === 'event') return publicMessage(item.event);
    }
    throw new Error('the log is empty');
  }
});
