import { testTopics } from '#testing/messaging';
import { type Message, toWire } from '#libs/contracts';
import { EventStore } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { type MessageLog, Relay } from '#libs/messaging';
import { type Kafka } from '#libs/platform';
import { randomUUID } from 'node:crypto';
import { type Bar, notMeasured, reaches, told } from './bar.js';
import { eventsToImport, importInto } from './biller.js';
import { countEvents } from './counting.js';
import { type BenchKafka, deleteTopics } from './kafka.js';
import { interleaved, median, seconds } from './measuring.js';
import { RawProducer } from './raw-producer.js';
import { withNode } from './scratch.js';

const EVENTS = 50_000;
const ALL_EVENTS = 470_000;
/** Most messages of the relay in one transaction. */
const BATCH = 8_192;
const NAME = 'messages/s of the relay, 12 partitions on three brokers';

/** A log into an empty topic, against the lower of a subscription that counts and a producer that has all in memory. */
export function relayRate(cluster: BenchKafka | string, full: boolean): Promise<Bar[]> {
  if (typeof cluster === 'string') return Promise.resolve([notMeasured('fanout', NAME, cluster)]);
  const { kafka } = cluster;
  return withNode(async ({ connectionString }) => {
    const lines = eventsToImport(full ? ALL_EVENTS : EVENTS, 1);
    const { position } = await importInto(connectionString, 'fanout', lines);
    const store = new EventStore(connectionString);
    const log: MessageLog = { store, category: 'account', toMessage: publicMessage };
    const messages = await countEvents(connectionString, [log.category], position);
    // A rate needs no more of them than this, and memory does.
    const records = (await firstMessages(log, EVENTS)).map(toWire);
    const starts: number[] = [];
    const counted = async () =>
      messages / (await seconds(() => countEvents(connectionString, [log.category], position)));
    const produced = () => inFreshTopics(kafka, ({ topic }) => rawRate(kafka, topic, records));
    const relayed = () =>
      inFreshTopics(kafka, async (topics) => {
        const { start, relaying } = await relay(log, kafka, topics, position);
        starts.push(start);
        return messages / relaying;
      });
    // Once unmeasured: the code of all is compiled, and the brokers have met both kinds of producer.
    await produced();
    await relayed();
    const rates = await interleaved({ counted, produced, relayed });
    await store.close();
    return [
      reaches('fanout', NAME, rates.relayed, Math.min(rates.counted, rates.produced), 0.6),
      told('fanout', 'events/s of a subscription that counts', rates.counted),
      told('fanout', `messages/s of a kafkajs producer, ${BATCH} a transaction`, rates.produced),
      told('fanout', 'seconds until a relay that starts has shut out others and read its progress', median(starts)),
    ];
  });
}

interface Topics {
  readonly topic: string;
  readonly progressTopic: string;
}

async function inFreshTopics(kafka: Kafka, work: (topics: Topics) => Promise<number>): Promise<number> {
  const topics = await testTopics(kafka);
  try {
    return await work(topics);
  } finally {
    await deleteTopics(kafka, [topics.topic, topics.progressTopic]);
  }
}

async function rawRate(kafka: Kafka, topic: string, records: Parameters<RawProducer['write']>[1]): Promise<number> {
  const producer = await RawProducer.open(kafka);
  const took = await seconds(async () => {
    for (let from = 0; from < records.length; from += BATCH)
      await producer.write(topic, records.slice(from, from + BATCH));
  });
  await producer.close();
  return records.length / took;
}

/** Seconds a relay takes to start, and from then until all of the log is in the topic. */
async function relay(
  log: MessageLog,
  kafka: Kafka,
  topics: Topics,
  until: bigint,
): Promise<{ start: number; relaying: number }> {
  const began = performance.now();
  let started: number | undefined;
  let last = 0;
  const onProgress = () => {
    last = performance.now();
    started ??= last;
  };
  const options = { ...topics, name: `bench-${randomUUID()}`, batchSize: BATCH, until, onProgress };
  await new Relay(log, kafka, options).run(new AbortController().signal);
  return { start: (started! - began) / 1000, relaying: (last - started!) / 1000 };
}

/** The first messages of a log, as they go to the topic. */
async function firstMessages({ store, category, toMessage }: MessageLog, count: number): Promise<Message[]> {
  const enough = new AbortController();
  const messages: Message[] = [];
  for await (const batch of store.subscribe({ after: 0n, categories: [category], signal: enough.signal })) {
    for (const item of batch) if (item.kind === 'event') messages.push(toMessage(item.event));
    if (messages.length >= count || batch.some(({ kind }) => kind === 'caught-up')) break;
  }
  enough.abort();
  return messages.slice(0, count);
}
