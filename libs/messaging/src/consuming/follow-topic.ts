import { consumeTopic, type Kafka } from '#libs/platform';
import { arrived } from './arrival.js';
import { type Consumer } from './consumer.js';
import { type SourceListener } from './follow-log.js';

/** Feeds a consumer from a topic, as a member of the group that has the consumer's name, until `signal` aborts. */
export async function followTopic(
  kafka: Kafka,
  topic: string,
  consumer: Consumer,
  signal: AbortSignal,
  told: SourceListener = {},
): Promise<void> {
  await consumeTopic(
    kafka,
    {
      groupId: consumer.group,
      topic,
      handle: async (records) => {
        const arrivals = records.map((record) => arrived(`${topic}/${record.partition}/${record.offset}`, record));
        await consumer.receive(arrivals, signal);
        // Not received because it was time to stop: not to be committed either.
        if (signal.aborted) throw new Error('stopped');
        told.received?.();
      },
      onWaiting: (error) => told.waits?.(`Kafka: ${error.message}`),
    },
    signal,
  );
}
