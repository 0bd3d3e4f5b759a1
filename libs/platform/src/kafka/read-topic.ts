import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka } from 'kafkajs';
import { type KafkaRecord, recordOf } from './record.js';

/** A topic was not delivered to its end: nothing came for so long. */
export class TopicStalled extends Error {
  override readonly name = 'TopicStalled';
}

const STALLED_AFTER_MS = 30_000;
const ATTEMPTS = 20;
const RETRY_MS = 250;

interface ReadOptions {
  /** Of each partition only about so many records before its end. */
  readonly last?: number | undefined;
}

/**
 * Reads what is committed in a topic from its first record up to where that ends when the reading begins, in order within
 * each partition. The next batch is read when the one before has been taken.
 * @throws TopicStalled when it does not get there: a broker is away, or a transaction hangs open.
 */
export async function* readTopic(
  kafka: Kafka,
  topic: string,
  options: ReadOptions = {},
): AsyncGenerator<readonly KafkaRecord[]> {
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    try {
      for await (const records of readOnce(kafka, topic, options)) {
        begun = true;
        yield records;
      }
      return;
    } catch (error) {
      // A cluster that has just come up, or lost a broker, has nobody yet to look after a new group of readers.
      if (begun || attempt === ATTEMPTS || !passes(error)) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** Whether Kafka's own client says of an error, or of what caused it, that another try may do. */
function passes(error: unknown): boolean {
  const { retriable, cause } = error as { retriable?: unknown; cause?: unknown };
  return retriable === true || (cause !== undefined && cause !== null && passes(cause));
}

async function* readOnce(kafka: Kafka, topic: string, { last }: ReadOptions): AsyncGenerator<readonly KafkaRecord[]> {
  const groupId = `paybill-reader-${randomUUID()}`;
  const { remaining, begins } = await extent(kafka, topic, last);
  if (remaining.size === 0) return;
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 4 * 1024 * 1024,
  });
  const handover = new Handover<readonly KafkaRecord[]>();
  // Also told of batches that hold nothing but markers and aborted records: the end is often one of those.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const end = remaining.get(partition);
    if (end !== undefined && BigInt(lastOffset) >= end - 1n) remaining.delete(partition);
    if (remaining.size === 0) handover.finish();
    handover.alive();
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => handover.fail(error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        const end = remaining.get(partition);
        if (end === undefined) return;
        const records = messages.map((message) => recordOf(partition, message));
        // What comes before the beginning was fetched before the consumer had been told to go there.
        await handover.give(records.filter(({ offset }) => offset < end && offset >= (begins.get(partition) ?? 0n)));
      },
    });
    for (const [partition, begin] of begins) consumer.seek({ topic, partition, offset: String(begin) });
    yield* handover.taken();
  } finally {
    handover.finish();
    await consumer.disconnect().catch(() => undefined);
    await forget(kafka, groupId);
  }
}

/** By partition, the offset after the last record, without those that hold nothing; and where to begin, if not at the first. */
async function extent(kafka: Kafka, topic: string, last: number | undefined) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const remaining = new Map<number, bigint>();
    const begins = new Map<number, bigint>();
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) <= BigInt(low)) continue;
      remaining.set(partition, BigInt(high));
      const begin = BigInt(high) - BigInt(last ?? high);
      if (begin > BigInt(low)) begins.set(partition, begin);
    }
    return { remaining, begins };
  } finally {
    await admin.disconnect();
  }
}

/** The reader's group was for this reading only. That it stays behind where it cannot be removed is harmless. */
async function forget(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // It expires by itself.
  } finally {
    await admin.disconnect();
  }
}

/** Hands values from one side to the other, one at a time: whoever gives waits until it has been taken. */
class Handover<Value> {
  #waiting: { value: Value; taken: () => void }[] = [];
  #finished = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #since = performance.now();

  give(value: Value): Promise<void> {
    if (this.#finished) return Promise.resolve();
    return new Promise((taken) => {
      this.#waiting.push({ value, taken });
      this.#wake();
    });
  }

  alive(): void {
    this.#since = performance.now();
  }

  finish(): void {
    this.#finished = true;
    this.#wake();
    for (const { taken } of this.#waiting) taken();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async *taken(): AsyncGenerator<Value> {
    const patience = setInterval(() => {
      if (performance.now() - this.#since < STALLED_AFTER_MS || this.#waiting.length > 0) return;
      this.fail(new TopicStalled(`nothing has come for ${STALLED_AFTER_MS / 1000} s`));
    }, 1_000);
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const next = this.#waiting.shift();
        if (next) {
          yield next.value;
          this.alive();
          next.taken();
        } else if (this.#finished) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearInterval(patience);
    }
  }
}
