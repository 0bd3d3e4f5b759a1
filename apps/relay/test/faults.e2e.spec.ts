import { sql } from 'kysely';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { TOPICS } from '#libs/contracts';
import { ApplyPayment, publicMessage } from '#libs/ledger';
import { CommandHandling, connectEventStore, type EventStore } from '#libs/event-sourcing';
import { Following, type MessageHandler, type MessageLog, Relay, RelaySuperseded, verifyRelay } from '#libs/messaging';
import { connectKafka, insertRows, type Kafka } from '#libs/platform';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { createTopics, giveCredit, writeAccounts } from '#testing/messaging';
import { ownKafkaCluster, postgresEngine, type TestDatabase, until } from '#testing/platform';

const main = (app: string) => fileURLToPath(new URL(`../../../dist/apps/${app}/src/main.js`, import.meta.url));
const KILL_AT = new URL('./kill-at.mjs', import.meta.url).href;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const ROUNDS = 10;
const LOG = pino({ enabled: false });

/** Whole numbers below `bound`, the same for the same seed (mulberry32). */
function numbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const [cluster] = await ownKafkaCluster();
const [postgres] = await postgresEngine();

(cluster && postgres ? describe : describe.skip)(`Between the log and its readers (TEST_SEED=${SEED})`, () => {
  const random = numbers(SEED);
  let node: TestNode;
  let store: EventStore;
  let handling: CommandHandling;
  let log: MessageLog;
  let kafka: Kafka;
  let accounts: string[];

  beforeAll(async () => {
    node = await startTestNode();
    store = await connectEventStore(node.connectionString);
    handling = new CommandHandling(store);
    log = { store, category: 'account', toMessage: publicMessage };
    kafka = connectKafka({ KAFKA_BROKERS: cluster!.brokers }, LOG);
    await createTopics(kafka, TOPICS.account, TOPICS.relayProgress);
    accounts = await writeAccounts(handling, { accounts: 20, credits: 2 });
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  const anyAccount = () => accounts[random(accounts.length)]!;

  function start(
    app: 'relay' | 'notifications',
    killAt: string | undefined,
    env: NodeJS.ProcessEnv = {},
  ): ChildProcess {
    return spawn(process.execPath, [...(killAt ? ['--import', KILL_AT] : []), main(app)], {
      env: {
        ...process.env,
        KAFKA_BROKERS: cluster!.brokers.join(','),
        EVENTSTORE_URL: node.connectionString,
        PAYBILL_PORT: '0',
        LOG_LEVEL: 'error',
        ...(killAt && { PAYBILL_KILL_AT: killAt }),
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /**
   * Has things happen on accounts for as long as a process lives; not as fast as they could, which would only make for a long
   * log to verify in the end.
   */
  async function whileItLives(child: ChildProcess, happen: () => Promise<unknown>): Promise<void> {
    const gone = once(child, 'exit');
    while (child.exitCode === null && child.signalCode === null) await Promise.all([happen(), delay(5)]);
    await gone;
    expect(child.signalCode).toBe('SIGKILL');
  }

  /** Relays what there is, and holds the topic against the log. */
  async function relayTheRest(): Promise<void> {
    const relay = new Relay(log, kafka, { until: await store.lastPosition() });
    await relay.run(new AbortController().signal);
    await expectWhole();
  }

  async function expectWhole(): Promise<void> {
    expect(await verifyRelay(log, kafka)).toMatchObject({ faults: 0, examples: [] });
  }

  it.each([
    ['between sending and committing', 'before'],
    ['between committing and the next read', 'after'],
  ])(
    'a relay killed %s leaves nothing out and writes nothing twice',
    async (_, when) => {
      for (let round = 0; round < ROUNDS; round++) {
        const relay = start('relay', `endTxn:${when}:${1 + random(4)}`);
        await whileItLives(relay, () => giveCredit(handling, anyAccount()));
        await expectWhole();
      }
      await relayTheRest();
    },
    600_000,
  );

  it('a relay that is joined by another is shut out, and the topic stays whole', async () => {
    const stop = new AbortController();
    const begin = () => {
      const relay = new Relay(log, kafka);
      const ended = relay.run(stop.signal).then(
        () => ({ relay, outcome: undefined }),
        (outcome: unknown) => ({ relay, outcome }),
      );
      return { relay, ended };
    };
    let current = begin();
    for (let round = 0; round < ROUNDS; round++) {
      for (let events = random(20); events > 0; events--) await giveCredit(handling, anyAccount());
      const next = begin();
      // The one that is shut out finds out when it next has something to write.
      let out: Awaited<typeof next.ended> | undefined;
      void Promise.race([current.ended, next.ended]).then((first) => (out = first));
      while (out === undefined) await giveCredit(handling, anyAccount());
      expect(out.outcome).toBeInstanceOf(RelaySuperseded);
      if (out.relay === current.relay) current = next;
      await expectWhole();
    }
    stop.abort();
    await current.ended;
    expect(current.relay.status.messages).toBeGreaterThan(0n);
    await relayTheRest();
  }, 600_000);

  it('a relay goes on, whole, when the leader of a partition dies in the middle of a batch', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await writeAccounts(handling, { accounts: 30, credits: 9 });
      const dying = await leaderOf(TOPICS.account, random(12));
      let killed: Promise<void> | undefined;
      let batches = random(4);
      const onProgress = () => {
        if (batches-- === 0) killed = cluster!.kill(dying);
      };
      const relay = new Relay(log, kafka, {
        batchSize: 20 + random(40),
        until: await store.lastPosition(),
        onProgress,
      });
      await relay.run(new AbortController().signal);
      await killed;
      await cluster!.start(dying);
      await untilInStep();
      await expectWhole();
    }
  }, 600_000);

  describe('where notifications read the topic', () => {
    let database: TestDatabase;
    let stop: AbortController;
    let relaying: Promise<void>;

    beforeAll(async () => {
      database = await postgres!.create();
      stop = new AbortController();
      relaying = new Relay(log, kafka).run(stop.signal);
    });
    afterAll(async () => {
      stop.abort();
      await relaying;
      await database.drop();
    });

    async function pay(accountId: string): Promise<void> {
      const method = { kind: 'card', token: 'tok_1' } as const;
      const data = { amount: { amount: '1.00', currency: 'USD' }, channel: 'online', method } as const;
      await handling.handle(accountId, { definition: ApplyPayment, data, metadata: commandMetadata() });
    }

    /** Accounts whose confirmations are not one for each payment among the messages received. */
    async function wrongCounts(): Promise<unknown[]> {
      const { rows } = await sql<{ key: string; received: string; confirmed: string }>`
        select i.key, i.sequence + 1 as received,
          (select count(*) from notifications.notifications as n
            where n.account_id::text = i.key and n.type = 'payment-confirmation') as confirmed
        from messaging.inbox as i where i.consumer = 'notifications'`.execute(database.db.sql);
      const wrong = [];
      for (const { key, received, confirmed } of rows) {
        let payments = 0;
        const limit = Number(received);
        for await (const { type } of store.readStream(`account-${key}`, { limit })) {
          if (type === 'PaymentApplied') payments += 1;
        }
        if (payments !== Number(confirmed)) wrong.push({ key, received, confirmed, payments });
      }
      return wrong;
    }

    async function receivedInAll(): Promise<bigint> {
      const { rows } = await sql<{ all: string }>`
        select coalesce(sum(sequence + 1), 0) as all from messaging.inbox where consumer = 'notifications'`.execute(
        database.db.sql,
      );
      return BigInt(rows[0]!.all);
    }

    it('one killed between the effect and the commit confirms every payment once', async () => {
      const env = { DATABASE_URL: database.url, PAYBILL_MASTER_KEY: randomBytes(32).toString('base64') };
      const outbox = { PAYBILL_OUTBOX: `/tmp/paybill-outbox-${process.pid}` };
      for (let round = 0; round < ROUNDS; round++) {
        const child = start('notifications', `offsetCommit:before:${1 + random(3)}`, { ...env, ...outbox });
        await whileItLives(child, () => pay(anyAccount()));
        expect(await wrongCounts()).toEqual([]);
      }
      const child = start('notifications', undefined, { ...env, ...outbox });
      const { messages } = await verifyRelay(log, kafka);
      await until(async () => (await receivedInAll()) >= BigInt(messages));
      child.kill('SIGTERM');
      await once(child, 'exit');
      expect(await wrongCounts()).toEqual([]);
      await expectWhole();
    }, 600_000);

    it('a message that cannot be handled holds up its own account and no other', async () => {
      const poisoned = new Set<string>();
      const handler: MessageHandler = {
        name: 'squeamish',
        ddl: ['create table if not exists swallowed (key text, sequence bigint, primary key (key, sequence))'],
        async handle(tx, messages) {
          if (messages.some(({ key, sequence }) => poisoned.has(`${key}/${sequence}`))) throw new Error('cannot');
          await insertRows(
            tx,
            'swallowed',
            { key: 'text', sequence: 'bigint' },
            messages.map(({ key, sequence }) => ({ key, sequence })),
          );
        },
      };
      const ended = new AbortController();
      const following = new Following(database.db, handler, { kafka }, LOG).run(ended.signal);
      for (let round = 0; round < ROUNDS; round++) {
        const sick = anyAccount();
        const next = (await store.readLast(`account-${sick}`))!.revision + 1n;
        if (poisoned.size === round) poisoned.add(`${sick}/${next}`);
        for (const account of [sick, sick, ...accounts]) await pay(account);
      }
      const held = new Map<string, bigint>();
      for (const name of poisoned) {
        const [key, sequence] = name.split('/') as [string, string];
        const first = held.get(key);
        if (first === undefined || BigInt(sequence) < first) held.set(key, BigInt(sequence));
      }
      for (const account of accounts) {
        const last = (await store.readLast(`account-${account}`))!.revision;
        const reached = held.get(account) ?? last + 1n;
        await until(async () => (await swallowed(account)) >= reached);
        expect(await swallowed(account)).toBe(reached);
      }
      expect(await parked()).toBe(held.size);
      ended.abort();
      await following;
      await expectWhole();
    }, 600_000);

    async function swallowed(key: string): Promise<bigint> {
      const { rows } = await sql<{ count: string }>`
        select count(*) from swallowed where key = ${key}`
        .execute(database.db.sql)
        .catch(() => ({ rows: [] }));
      return BigInt(rows[0]?.count ?? 0);
    }

    async function parked(): Promise<number> {
      const { rows } = await sql<{ count: string }>`
        select count(*) from messaging.parked_messages where consumer = 'squeamish' and state = 'parked'`.execute(
        database.db.sql,
      );
      return Number(rows[0]!.count);
    }
  });

  async function leaderOf(topic: string, partition: number): Promise<number> {
    return inAdmin(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]!.partitions.find(({ partitionId }) => partitionId === partition)!.leader;
    });
  }

  /** All copies of the messages are where they belong. */
  async function untilInStep(): Promise<void> {
    await inAdmin(async (admin) => {
      await until(async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [TOPICS.account, TOPICS.relayProgress] });
        return topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === 3));
      });
    });
  }

  async function inAdmin<Result>(work: (admin: ReturnType<Kafka['admin']>) => Promise<Result>): Promise<Result> {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
});
