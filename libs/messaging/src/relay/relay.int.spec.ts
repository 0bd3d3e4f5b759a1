import pino from 'pino';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { toWire } from '#libs/contracts';
import { CommandHandling, connectEventStore, type EventStore } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { type MessageLog, Relay, type RelayOptions, RelaySuperseded, verifyRelay } from '#libs/messaging';
import { connectKafka, type Kafka, readTopic, TransactionalWriter } from '#libs/platform';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { giveCredit, testTopics, writeAccounts } from '#testing/messaging';
import { kafkaCluster, until } from '#testing/platform';

/** Longer than a relay waits after an error before it begins anew. */
const SLOW_MS = 2_000;

describe.each(await kafkaCluster())('the relay, on three brokers', ({ brokers }) => {
  let node: TestNode;
  let store: EventStore;
  let handling: CommandHandling;
  let log: MessageLog;
  let kafka: Kafka;
  let topics: { topic: string; progressTopic: string };

  beforeEach(async () => {
    node = await startTestNode();
    store = await connectEventStore(node.connectionString);
    handling = new CommandHandling(store);
    log = { store, category: 'account', toMessage: publicMessage };
    kafka = connectKafka({ KAFKA_BROKERS: brokers }, pino({ enabled: false }));
    topics = { ...(await testTopics(kafka)) };
  }, 60_000);

  afterEach(async () => {
    await store.close();
    await node.close();
  });

  const relayOf = (options: RelayOptions = {}) => new Relay(log, kafka, { ...topics, name: topics.topic, ...options });
  const verify = () => verifyRelay(log, kafka, { ...topics, name: topics.topic });

  async function relayAll(options: RelayOptions = {}): Promise<Relay> {
    const relay = relayOf({ ...options, until: await store.lastPosition() });
    await relay.run(new AbortController().signal);
    return relay;
  }

  it('brings every event to the topic once, those of an account in order', async () => {
    await writeAccounts(handling, { accounts: 20, credits: 9 });
    const relay = await relayAll({ batchSize: 7 });
    expect(relay.status.messages).toBe(200n);
    expect(await verify()).toMatchObject({ messages: 200, accounts: 20, faults: 0 });
  }, 60_000);

  it('goes on where the one before it stopped, and follows the log live', async () => {
    const [account] = await writeAccounts(handling, { accounts: 3, credits: 4 });
    await relayAll();
    await writeAccounts(handling, { accounts: 2, credits: 4 });
    const stop = new AbortController();
    const relay = relayOf();
    const running = relay.run(stop.signal);
    await until(() => relay.status.messages === 25n);
    await giveCredit(handling, account!);
    await until(() => relay.status.messages === 26n);
    stop.abort();
    await running;
    expect(await verify()).toMatchObject({ messages: 26, accounts: 5, faults: 0 });
  }, 60_000);

  it('steps down when another relay of its name starts, and nothing is written twice', async () => {
    const accounts = await writeAccounts(handling, { accounts: 5, credits: 2 });
    const stop = new AbortController();
    const first = relayOf();
    const superseded = first.run(stop.signal).catch((error: unknown) => error);
    await until(() => first.status.messages === 15n);
    const second = relayOf();
    const running = second.run(stop.signal);
    await until(() => second.status.state === 'relaying');
    for (const account of accounts) await giveCredit(handling, account);
    expect(await superseded).toBeInstanceOf(RelaySuperseded);
    await until(() => second.status.messages === 20n);
    stop.abort();
    await running;
    expect(await verify()).toMatchObject({ messages: 20, faults: 0 });
  }, 60_000);

  it('leaves it to the newer relay, however slow that one is to begin', async () => {
    const [account] = await writeAccounts(handling, { accounts: 1, credits: 2 });
    const stop = new AbortController();
    const first = relayOf();
    const superseded = first.run(stop.signal).catch((error: unknown) => error);
    await until(() => first.status.messages === 3n);
    const second = new Relay(log, slowToWrite(kafka, SLOW_MS), { ...topics, name: topics.topic });
    const running = second.run(stop.signal);
    while (second.status.state !== 'relaying') await giveCredit(handling, account!);
    await giveCredit(handling, account!);
    expect(await superseded).toBeInstanceOf(RelaySuperseded);
    stop.abort();
    await running;
  }, 60_000);

  it('goes on when whoever shut it out died before it began', async () => {
    const [account] = await writeAccounts(handling, { accounts: 1, credits: 1 });
    const stop = new AbortController();
    const waits: string[] = [];
    const relay = relayOf({ shutOutPatienceMs: 100, onWaiting: (reason) => waits.push(reason) });
    const running = relay.run(stop.signal);
    await until(() => relay.status.messages === 2n);
    const dead = kafka.producer({ transactionalId: topics.topic, maxInFlightRequests: 1 });
    await dead.connect();
    await dead.transaction();
    await giveCredit(handling, account!);
    await until(() => relay.status.messages === 3n);
    expect(waits).not.toEqual([]);
    await dead.disconnect();
    stop.abort();
    await running;
    expect(await verify()).toMatchObject({ messages: 3, faults: 0 });
  }, 60_000);

  it('leaves behind what was sent and not committed, and sends it again', async () => {
    await writeAccounts(handling, { accounts: 4, credits: 2 });
    const [first] = await anyMessages(1);
    const producer = kafka.producer({ transactionalId: topics.topic, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: topics.topic, messages: [{ ...first!, headers: { ...first!.headers } }] });
    await relayAll();
    await expect(transaction.commit()).rejects.toThrow();
    await producer.disconnect();
    expect(await verify()).toMatchObject({ messages: 12, faults: 0 });
  }, 60_000);

  it('writes history again to another topic, from a position on, and only what was asked for', async () => {
    const [account] = await writeAccounts(handling, { accounts: 4, credits: 3 });
    await relayAll();
    const again = await testTopics(kafka);
    await relayAll({ name: randomUUID(), topic: again.topic, only: ({ key }) => key === account });
    const keys: string[] = [];
    for await (const records of readTopic(kafka, again.topic)) keys.push(...records.map(({ key }) => key));
    expect(keys).toEqual(Array.from({ length: 4 }, () => account));
  }, 60_000);

  it.each([
    ['a message twice', (sequence: number) => [sequence - 1], { faults: 1, examples: [{ kind: 'duplicate' }] }],
    ['a message that is not in the log', () => [99], { faults: 1, examples: [{ kind: 'unknown' }] }],
  ])(
    'is found out by the verification when the topic has %s',
    async (_, wrong, found) => {
      await writeAccounts(handling, { accounts: 1, credits: 3 });
      await relayAll();
      const [last] = (await anyMessages(4)).slice(-1);
      const writer = await TransactionalWriter.open(kafka, randomUUID(), [topics.topic]);
      for (const sequence of wrong(4)) {
        await writer.write({
          topic: topics.topic,
          ...last!,
          headers: { ...last!.headers, ce_sequence: String(sequence) },
        });
      }
      await writer.close();
      await untilVisible(5);
      expect(await verify()).toMatchObject(found);
    },
    60_000,
  );

  it('is found out by the verification when messages are missing', async () => {
    await writeAccounts(handling, { accounts: 2, credits: 3 });
    await relayAll({ only: ({ sequence }) => sequence !== 2n });
    const { faults, examples } = await verify();
    expect(faults).toBe(2);
    expect(examples.map(({ kind, sequence }) => [kind, sequence])).toEqual([
      ['missing', '2'],
      ['missing', '2'],
    ]);
  }, 60_000);

  /** A Kafka whose producers take their time over the first record, long after they have shut out those before them. */
  function slowToWrite(real: Kafka, milliseconds: number): Kafka {
    const producer: Kafka['producer'] = (config) => {
      const made = real.producer(config);
      let slow = true;
      const transaction: typeof made.transaction = async () => {
        const begun = await made.transaction();
        const send: typeof begun.send = async (record) => {
          if (slow) await delay(milliseconds);
          slow = false;
          return begun.send(record);
        };
        return { ...begun, send };
      };
      return { ...made, transaction };
    };
    return Object.assign(Object.create(real) as Kafka, { producer });
  }

  it('is found out by the verification when the last messages are missing, and not for being slow to show', async () => {
    await writeAccounts(handling, { accounts: 2, credits: 3 });
    await relayAll({ only: ({ sequence }) => sequence !== 3n });
    const { faults } = await verifyRelay(log, kafka, { ...topics, name: topics.topic, patienceMs: 0 });
    expect(faults).toBe(2);
    // With an open transaction before them, messages that are committed are not shown until it is ended.
    await writeAccounts(handling, { accounts: 1, credits: 1 });
    const open = kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
    await open.connect();
    const late = await testTopics(kafka);
    const transaction = await open.transaction();
    const [first] = await anyMessages(1);
    for (let partition = 0; partition < 12; partition++) {
      await transaction.send({
        topic: late.topic,
        messages: [{ ...first!, headers: { ...first!.headers }, partition }],
      });
    }
    const relayed = new Relay(log, kafka, { ...late, name: late.topic, until: await store.lastPosition() });
    await relayed.run(new AbortController().signal);
    const options = { ...late, name: late.topic };
    expect(await verifyRelay(log, kafka, { ...options, patienceMs: 0 })).toMatchObject({ faults: 10 });
    const verified = verifyRelay(log, kafka, options);
    await transaction.abort();
    expect(await verified).toMatchObject({ messages: 10, faults: 0 });
    await open.disconnect();
  }, 60_000);

  async function anyMessages(count: number) {
    const events = [];
    const enough = new AbortController();
    for await (const batch of store.subscribe({ after: 0n, categories: ['account'], signal: enough.signal })) {
      for (const item of batch) if (item.kind === 'event') events.push(item.event);
      if (events.length >= count) break;
    }
    enough.abort();
    return events.slice(0, count).map((event) => toWire(publicMessage(event)));
  }

  /** What is committed is seen a moment later, when the cluster has wound the transaction up. */
  async function untilVisible(records: number): Promise<void> {
    for (let seen = 0; seen < records;) {
      seen = 0;
      for await (const batch of readTopic(kafka, topics.topic)) seen += batch.length;
    }
  }
});
