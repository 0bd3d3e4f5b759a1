import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import { LRUCache } from 'lru-cache';
import { setTimeout as delay } from 'node:timers/promises';

/** What is written to a topic. */
export interface RecordToWrite {
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const CONCURRENT_TRANSACTIONS = 51;
const INVALID_PRODUCER_EPOCH = 47;
const TRANSACTION_TIMEOUT_MS = 60_000;
const WIND_UP_PATIENCE_MS = 10_000;
const WIND_UP_RETRY_MS = 2;
/** Of one partition in one request; a broker takes a mebibyte of records at once unless told otherwise. */
const BATCH_BYTES = 600_000;
/** Key, headers and framing of a record, about. */
const RECORD_OVERHEAD = 600;

/**
 * Writes to topics in transactions, one at a time, each all or nothing for whoever reads committed records. After any
 * error it is of no more use: what the last transaction came to is unknown until it is looked for in the topic.
 *
 * kafkajs rolls its sequence numbers back when a produce request fails, so that requests tried again, or several under way
 * at once, may lose, reorder or repeat records. Hence one awaited request for each leader, and none is ever tried again.
 *
 * **One transactional id to a partition at a time.** kafkajs takes the list of aborted transactions for one that is sorted by
 * where they begin. It is sorted by where they end, and those of one id do not overlap; but where two ids take turns in
 * a partition, kafkajs hands out aborted records as committed ones. And an open transaction of one id hides what the
 * other has committed.
 */
export class TransactionalWriter {
  readonly #producer: Producer;
  readonly #layouts: ReadonlyMap<string, Layout>;

  private constructor(kafka: Kafka, transactionalId: string, layouts: ReadonlyMap<string, Layout>) {
    this.#layouts = layouts;
    this.#producer = kafka.producer({
      transactionalId,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      // Partitions are chosen here; the client is told.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    });
  }

  /** Opens a writer to the given topics. Its first transaction shuts out whoever held the transactional id before. */
  static async open(kafka: Kafka, transactionalId: string, topics: readonly string[]): Promise<TransactionalWriter> {
    const writer = new TransactionalWriter(kafka, transactionalId, await layoutsOf(kafka, topics));
    await writer.#producer.connect();
    return writer;
  }

  /**
   * Writes records in one transaction, in order within each partition.
   * @param first the record that goes ahead of all others. It alone may have to wait for the transaction before this one
   * to be wound up, and being alone it can be sent until it is taken.
   * @throws when anything goes wrong, or another writer has shut this one out
   */
  async write(
    first: RecordToWrite & { readonly topic: string },
    topic?: string,
    records: readonly RecordToWrite[] = [],
  ) {
    const transaction = await this.#producer.transaction();
    const [ahead] = this.#requests(first.topic, [first]);
    await onceWoundUp(() => transaction.send({ topic: first.topic, messages: ahead!, acks: -1 }));
    if (topic !== undefined) {
      for (const messages of this.#requests(topic, records)) await transaction.send({ topic, messages, acks: -1 });
    }
    await transaction.commit();
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  /** The records by the broker that leads their partitions, in pieces a broker takes at once. */
  #requests(topic: string, records: readonly RecordToWrite[]): Message[][] {
    const { partitionOf, leaders } = this.#layouts.get(topic)!;
    const requests: Message[][] = [];
    const open = new Map<number, { messages: Message[]; bytes: Map<number, number> }>();
    for (const { key, value, headers } of records) {
      const partition = partitionOf(key);
      const leader = leaders[partition]!;
      let request = open.get(leader);
      const size = value.length + RECORD_OVERHEAD;
      const bytes = (request?.bytes.get(partition) ?? 0) + size;
      if (!request || bytes > BATCH_BYTES) {
        request = { messages: [], bytes: new Map() };
        open.set(leader, request);
        requests.push(request.messages);
      }
      request.bytes.set(partition, request.messages.length === 0 ? size : bytes);
      request.messages.push({ key, value, partition, ...(headers && { headers: { ...headers } }) });
    }
    return requests;
  }
}

/** How a topic is laid out over the brokers. */
interface Layout {
  partitionOf(this: void, key: string): number;
  /** By partition, the broker that leads it. */
  readonly leaders: readonly number[];
}

async function layoutsOf(kafka: Kafka, topics: readonly string[]): Promise<Map<string, Layout>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !there.has(topic));
    if (missing.length > 0) throw new Error(`no topic ${missing.join(', ')}: create it with paybill topics apply`);
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(
      found.map(({ name, partitions }) => {
        const leaders: number[] = [];
        for (const { partitionId, leader } of partitions) leaders[partitionId] = leader;
        return [name, { partitionOf: partitionerOf(name, partitions.length), leaders }];
      }),
    );
  } finally {
    await admin.disconnect();
  }
}

/** Which partition a key belongs to, as every client with the default partitioner of Java has it (murmur2). */
function partitionerOf(topic: string, count: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  const known = new LRUCache<string, number>({ max: 100_000 });
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const partition = choose({ topic, partitionMetadata, message: { key, value: null } });
    known.set(key, partition);
    return partition;
  };
}

/**
 * The cluster finishes a committed transaction behind the answer, and until it has, refuses to take a partition into the
 * next one (CONCURRENT_TRANSACTIONS). Nothing of the request was written then, so that this error alone is no error.
 */
async function onceWoundUp<Result>(send: () => Promise<Result>): Promise<Result> {
  const patience = performance.now() + WIND_UP_PATIENCE_MS;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!hasCode(error, CONCURRENT_TRANSACTIONS) || performance.now() > patience) throw error;
      await delay(WIND_UP_RETRY_MS);
    }
  }
}

/** Whether a write failed because another writer shut this one out, or because the broker ended its transaction for taking too long. */
export function isShutOut(error: unknown): boolean {
  return hasCode(error, INVALID_PRODUCER_EPOCH);
}

function hasCode(error: unknown, code: number): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as Error & { code?: unknown }).code === code) return true;
  }
  return false;
}
