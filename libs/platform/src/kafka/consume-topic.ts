import { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaRecord, recordOf } from './record.js';

/** What a member of a consumer group does. */
export interface TopicConsumer {
  readonly groupId: string;
  readonly topic: string;
  /** Most records handled at once. */
  readonly batchSize?: number;
  /** Handles records of one partition in order. Their offset is committed when it has; on an error they come again. */
  handle(records: readonly KafkaRecord[]): Promise<void>;
  /** Told once for each time it has to wait for Kafka. */
  onWaiting?(error: Error): void;
}

const RETRY_MS = 500;
const HEARTBEAT_MS = 1_000;

/**
 * Consumes a topic as a member of a group until `signal` aborts: committed records only, each partition in order, offset
 * after effect. Delivery is at least once; what makes it once is the inbox of whoever handles them. Any trouble with
 * Kafka ends the member and begins a new one.
 */
export async function consumeTopic(kafka: Kafka, consumer: TopicConsumer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await beMember(kafka, consumer, signal);
    } catch (error) {
      consumer.onWaiting?.(error as Error);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function beMember(kafka: Kafka, consumer: TopicConsumer, signal: AbortSignal): Promise<void> {
  const member: Consumer = kafka.consumer({
    groupId: consumer.groupId,
    maxWaitTimeInMs: 500,
    sessionTimeout: 8_000,
    heartbeatInterval: HEARTBEAT_MS,
    allowAutoTopicCreation: false,
    // A member that crashed is not restarted in place: a new one asks the group where it is.
    retry: { retries: 3, restartOnFailure: () => Promise.resolve(false) },
  });
  const crashed = new Promise<never>((_, reject) => {
    member.on(member.events.CRASH, ({ payload: { error } }) => reject(error));
  });
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  crashed.catch(() => undefined);
  try {
    await member.connect();
    await member.subscribe({ topic: consumer.topic, fromBeginning: true });
    await member.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => handleBatch(consumer, payload, signal),
    });
    await Promise.race([crashed, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
    await member.disconnect().catch(() => undefined);
  }
}

async function handleBatch(consumer: TopicConsumer, payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
  const { batch } = payload;
  const { batchSize = 1_000 } = consumer;
  // Handling may wait for a database: the group must not take the partition away meanwhile.
  const alive = setInterval(() => void payload.heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    for (let from = 0; from < batch.messages.length; from += batchSize) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) return;
      const messages = batch.messages.slice(from, from + batchSize);
      await consumer.handle(messages.map((message) => recordOf(batch.partition, message)));
      payload.resolveOffset(messages.at(-1)!.offset);
      await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
      await payload.heartbeat();
    }
  } finally {
    clearInterval(alive);
  }
}
