import { type Kafka } from 'kafkajs';

/** About how many records of a topic a consumer group has not consumed yet; markers of transactions count among them. */
export async function groupLag(kafka: Kafka, groupId: string, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [ends, [committed]] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId, topics: [topic] }),
    ]);
    const reached = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends.reduce((lag, { partition, low, high }) => {
      const from = Math.max(reached.get(partition) ?? -1, Number(low));
      return lag + Math.max(0, Number(high) - from);
    }, 0);
  } finally {
    await admin.disconnect();
  }
}

/** Whether the cluster answers. @throws when it does not */
export async function pingKafka(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.describeCluster();
  } finally {
    await admin.disconnect();
  }
}
