import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { applyTopics, connectKafka } from '#libs/platform';
import { ownKafkaCluster } from './kafka.js';

describe.each(await ownKafkaCluster())('a cluster of a test’s own', (cluster) => {
  const topic = `try-${randomBytes(4).toString('hex')}`;
  const admin = connectKafka({ KAFKA_BROKERS: cluster.brokers }, pino({ enabled: false })).admin();
  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());

  type Partition = Awaited<ReturnType<typeof admin.fetchTopicMetadata>>['topics'][number]['partitions'][number];
  const declared = { name: topic, partitions: 1, replicationFactor: 3, config: {} };

  /** The topic's partition, once it is as it should be: a broker that is asked may not have learnt of it yet. */
  async function partition(holds: (state: Partition) => boolean): Promise<Partition> {
    for (;;) {
      // The broker that is asked may be the one that dies.
      const { topics } = await admin.fetchTopicMetadata().catch((error: { retriable?: boolean }) => {
        if (!error.retriable) throw error;
        return { topics: [] };
      });
      const state = topics.find(({ name }) => name === topic)?.partitions[0];
      if (state && holds(state)) return state;
      await delay(20);
    }
  }

  it('has another broker lead when the leader dies, and all three in step again when it is back', async () => {
    await applyTopics(admin, [declared]);
    const { leader } = await partition((state) => state.leader > 0);
    await cluster.kill(leader);
    const after = await partition((state) => state.leader > 0 && state.leader !== leader);
    expect(after.isr).not.toContain(leader);
    await cluster.start(leader);
    const whole = await partition((state) => state.isr.length === 3);
    expect([...whole.isr].sort()).toEqual([1, 2, 3]);
  }, 60_000);
});
