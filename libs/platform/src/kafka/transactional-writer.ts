import { type Kafka, type Message, Partitioners, type Producer, type RecordMetadata } from 'kafkajs';
import { LRUCache } from 'lru-cache';

/** What is written to a topic. */
export interface RecordToWrite {
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Another writer with the same transactional id has started, or the cluster has given this one up. It cannot write any more. */
export class WriterFenced extends Error {
  override readonly name = 'WriterFenced';
}

/** INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, PRODUCER_FENCED. */
const FENCED_CODES: readonly unknown[] = [47, 52, 90];
const TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * Writes to topics in transactions, one at a time, each all or nothing for whoever reads committed records. After any
 * error it is of no more use: what the last transaction came to is unknown until it is looked for in the topic.
 *
 * kafkajs rolls its sequence numbers back when a produce request fails, so that two requests under way, or one over
 * several leaders, may then lose, reorder or repeat records. Hence one awaited request for each partition and no retry.
 */
export class TransactionalWriter {
  readonly #producer: Producer;
  readonly #partitioners = new Map<string, (key: string) => number>();

  private constructor(kafka: Kafka, transactionalId: string) {
    this.#producer = kafka.producer({
      transactionalId,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      // Partitions are chosen here, as the Java client chooses them; the client is told.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    });
  }

  /** Opens a writer to the given topics. Its first transaction shuts out whoever held the transactional id before. */
  static async open(kafka: Kafka, transactionalId: string, topics: readonly string[]): Promise<TransactionalWriter> {
    const writer = new TransactionalWriter(kafka, transactionalId);
    const partitions = await partitionCounts(kafka, topics);
    for (const [topic, count] of partitions) writer.#partitioners.set(topic, partitionerOf(topic, count));
    await writer.#producer.connect();
    return writer;
  }

  /** Writes records, in order within each partition, in one transaction. @throws WriterFenced when shut out */
  async write(records: Readonly<Record<string, readonly RecordToWrite[]>>): Promise<void> {
    try {
      const transaction = await this.#producer.transaction();
      for (const [topic, own] of Object.entries(records)) {
        for (const messages of this.#byPartition(topic, own)) {
          (await transaction.send({ topic, messages, acks: -1 })) satisfies RecordMetadata[];
        }
      }
      await transaction.commit();
    } catch (error) {
      throw isFenced(error) ? new WriterFenced((error as Error).message, { cause: error }) : error;
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  #byPartition(topic: string, records: readonly RecordToWrite[]): Iterable<Message[]> {
    const partitionOf = this.#partitioners.get(topic)!;
    const partitions = new Map<number, Message[]>();
    for (const { key, value, headers } of records) {
      const partition = partitionOf(key);
      const message: Message = { key, value, partition, ...(headers && { headers: { ...headers } }) };
      const others = partitions.get(partition);
      if (others) others.push(message);
      else partitions.set(partition, [message]);
    }
    return partitions.values();
  }
}

async function partitionCounts(kafka: Kafka, topics: readonly string[]): Promise<Map<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
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

function isFenced(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (FENCED_CODES.includes((cause as Error & { code?: unknown }).code)) return true;
  }
  return false;
}
