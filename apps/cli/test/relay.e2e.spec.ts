import pino from 'pino';
import { once } from 'node:events';
import { CommandHandling, connectEventStore, type EventStore } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { type MessageLog, Relay } from '#libs/messaging';
import { connectKafka, type Kafka, readTopic, TransactionalWriter } from '#libs/platform';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { giveCredit, testTopics, writeAccounts } from '#testing/messaging';
import { kafkaCluster } from '#testing/platform';
import { CommandLine } from './command-line.js';

interface Status {
  position: string;
  messages: string;
  endOfLog: string;
  behind: { messages: number; more?: boolean };
}

describe.each(await kafkaCluster())('paybill relay, on three brokers', ({ brokers }) => {
  let line: CommandLine;
  let node: TestNode;
  let store: EventStore;
  let handling: CommandHandling;
  let log: MessageLog;
  let kafka: Kafka;
  let topics: { topic: string; progressTopic: string };

  beforeEach(async () => {
    line = await CommandLine.open();
    node = await startTestNode();
    store = await connectEventStore(node.connectionString);
    handling = new CommandHandling(store);
    log = { store, category: 'account', toMessage: publicMessage };
    kafka = connectKafka({ KAFKA_BROKERS: brokers }, pino({ enabled: false }));
    topics = await testTopics(kafka);
  }, 60_000);
  afterEach(async () => {
    await line.close();
    await store.close();
    await node.close();
  });

  const environment = () => ({ KAFKA_BROKERS: brokers.join(','), EVENTSTORE_URL: node.connectionString });
  const theirs = () => ['--topic', topics.topic, '--progress-topic', topics.progressTopic];
  const relay = (command: string, ...args: string[]) =>
    line.paybill(['relay', command, ...theirs(), ...args], environment());
  const status = async (...args: string[]) => {
    const { out } = await relay('status', '--json', '--name', topics.topic, ...args);
    return JSON.parse(out) as Status;
  };

  /** Relays all there is, as the relay's own process would. */
  async function relayAll(): Promise<bigint> {
    const until = await store.lastPosition();
    await new Relay(log, kafka, { ...topics, name: topics.topic, until }).run(new AbortController().signal);
    return until;
  }

  async function keysIn(topic: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const records of readTopic(kafka, topic)) keys.push(...records.map(({ key }) => key));
    return keys;
  }

  it('says how far Kafka is and how many messages it is behind', async () => {
    const [account] = await writeAccounts(handling, { accounts: 3, credits: 2 });
    expect(await status()).toMatchObject({ position: '0', messages: '0', behind: { messages: 9 } });
    const end = await relayAll();
    await giveCredit(handling, account!);
    await giveCredit(handling, account!);
    const now = await status();
    expect(now).toMatchObject({ position: String(end), messages: '9', behind: { messages: 2 } });
    expect(BigInt(now.endOfLog)).toBeGreaterThan(end);
    const { out, code } = await relay('status', '--name', topics.topic);
    expect(out).toMatch(/^behind +2 messages$/m);
    expect(code).toBe(0);
  }, 120_000);

  it('verifies the topic, and names what is there twice with exit code 1', async () => {
    const [account] = await writeAccounts(handling, { accounts: 2, credits: 3 });
    await relayAll();
    const clean = await relay('verify', '--name', topics.topic);
    expect(clean.out).toContain('is as the log: 8 messages of 2 accounts');
    expect(clean.code).toBe(0);
    const records = [];
    for await (const some of readTopic(kafka, topics.topic)) records.push(...some);
    const { key, value, headers } = records.find((record) => record.key === account)!;
    const writer = await TransactionalWriter.open(kafka, `${topics.topic}-stray`, [topics.topic]);
    await writer.write({ topic: topics.topic, key, value, headers });
    await writer.close();
    const doubled = await relay('verify', '--name', topics.topic);
    expect(doubled.out).toContain('is NOT as the log: 1 fault in 8 messages');
    expect(doubled.out).toMatch(new RegExp(`^duplicate +${account} +0$`, 'm'));
    expect(doubled.code).toBe(1);
  }, 120_000);

  it('replays history into a topic of its own, laid out like the relay’s, and adds what came since', async () => {
    const [account] = await writeAccounts(handling, { accounts: 3, credits: 2 });
    const to = `${topics.topic}.again`;
    const first = await relay('replay', '--from', '0', '--to', to);
    expect(first.err).toContain(`${to} was not there and has been created like ${topics.topic}`);
    expect(first.code).toBe(0);
    await giveCredit(handling, account!);
    const second = await relay('replay', '--from', '0', '--to', to, '--json');
    expect(JSON.parse(second.out)).toMatchObject({ messages: '10', name: `replay:${to}:0` });
    const verified = await line.paybill(
      ['relay', 'verify', '--topic', to, '--progress-topic', topics.progressTopic, '--name', `replay:${to}:0`],
      environment(),
    );
    expect(verified.out).toContain('is as the log: 10 messages of 3 accounts');
    const admin = kafka.admin();
    await admin.connect();
    const { topics: laidOut } = await admin.fetchTopicMetadata({ topics: [to] });
    await admin.disconnect();
    expect(laidOut[0]!.partitions.map(({ replicas }) => replicas.length)).toEqual(Array<number>(12).fill(3));
  }, 120_000);

  it('replays one account only, and only a stretch of the log', async () => {
    const [account, other] = await writeAccounts(handling, { accounts: 2, credits: 2 });
    const middle = await store.lastPosition();
    await giveCredit(handling, account!);
    await giveCredit(handling, other!);
    const one = `${topics.topic}.one`;
    await relay('replay', '--from', '0', '--to', one, '--account', account!);
    expect(await keysIn(one)).toEqual(Array<string>(4).fill(account!));
    const late = `${topics.topic}.late`;
    await relay('replay', '--from', String(middle), '--to', late);
    expect((await keysIn(late)).sort()).toEqual([account!, other!].sort());
    const early = `${topics.topic}.early`;
    await relay('replay', '--from', '0', '--until', String(middle), '--to', early);
    expect(await keysIn(early)).toHaveLength(6);
  }, 120_000);

  it('goes on with a replay that was killed, and nothing is in the topic twice', async () => {
    await writeAccounts(handling, { accounts: 40, credits: 20 });
    const to = `${topics.topic}.killed`;
    const args = ['relay', 'replay', ...theirs(), '--from', '0', '--to', to];
    const killed = line.start(args, environment());
    // The topic has been created: the replay is about to write, or is writing.
    await once(killed.stderr!, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const { out, code } = await line.paybill([...args, '--json'], environment());
    expect(JSON.parse(out)).toMatchObject({ messages: '840' });
    expect(code).toBe(0);
    const verified = await line.paybill(
      ['relay', 'verify', '--topic', to, '--progress-topic', topics.progressTopic, '--name', `replay:${to}:0`],
      environment(),
    );
    expect(verified.out).toContain('is as the log: 840 messages of 40 accounts');
  }, 120_000);

  it('refuses in one sentence what it cannot do', async () => {
    await writeAccounts(handling, { accounts: 1, credits: 0 });
    const refused: [string[], string, number?][] = [
      [
        ['replay', '--from', '0', '--to', 'paybill.account.v1'],
        'error: --to: paybill.account.v1 is written by the relay',
      ],
      [['replay', '--from', '0', '--to', 'paybill.relay-progress.v1'], 'is written by the relay itself'],
      [['replay', '--from', '0', '--to', topics.topic], 'is written by the relay itself'],
      [['replay', '--from', 'noon', '--to', 'x'], 'must be a position in the log'],
      [['replay', '--from', '999999999', '--to', 'x'], 'error: --from: the log ends at position '],
      [['replay', '--from', '0', '--until', '999999999', '--to', 'x'], 'error: --until: the log ends at position '],
      [['replay', '--from', '5', '--until', '4', '--to', 'x'], 'error: --until: must not lie before --from'],
      [['replay', '--from', '0', '--to', 'no topic'], 'error: --to: no topic cannot be created: '],
      [['replay', '--from', '0', '--to', 'x', '--account', '12'], 'must be an id such as'],
      [
        ['status', '--topic', 'never.there'],
        'error: the cluster has no topic never.there; create it with paybill topics apply',
        3,
      ],
    ];
    for (const [args, sentence, exitCode = 2] of refused) {
      const { code, err } = await relay(args[0]!, ...args.slice(1));
      expect(err).toContain(sentence);
      expect(err).not.toMatch(/^ +at /m);
      expect(code).toBe(exitCode);
    }
  }, 120_000);
});

describe('paybill relay, without what it needs', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  it.each(['status', 'verify'])(
    'says that %s needs to know where Kafka is',
    async (command) => {
      const { code, err } = await line.paybill(['relay', command]);
      expect(err).toMatch(/^error: .*KAFKA_BROKERS must be set: .* \(or --brokers\)\n$/);
      expect(code).toBe(2);
    },
    30_000,
  );

  it('says that nobody answers there', async () => {
    const { code, err } = await line.paybill(['relay', 'status', '--brokers', '127.0.0.1:1']);
    expect(err).toContain('error: --brokers: Kafka does not answer: ');
    expect(code).toBe(3);
  }, 60_000);
});
