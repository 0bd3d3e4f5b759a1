import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { connectKafka } from '#libs/platform';
import { ownKafkaCluster } from './kafka.js';

describe.each(await ownKafkaCluster())('a cluster of a test’s own', (cluster) => {
  const topic = `try-${randomBytes(4).toString('hex')}`;
  const admin = connectKafka({ KAFKA_BROKERS: cluster.brokers }, pino({ enabled: false })).admin();
  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());

  async function partition() {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions[0]!;
  }

  async function until(holds: (state: Awaited<ReturnType<typeof partition>>) => boolean) {
    for (;;) {
      const state = await partition();
      if (holds(state)) return state;
    }
  }

  it('has another broker lead when the leader dies, and all three in step again when it is back', async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true });
    const { leader } = await partition();
    await cluster.kill(leader);
    const after = await until((state) => state.leader > 0 && state.leader !== leader);
    expect(after.isr).not.toContain(leader);
    await cluster.start(leader);
    const whole = await until((state) => state.isr.length === 3);
    expect([...whole.isr].sort()).toEqual([1, 2, 3]);
  }, 60_000);
});
