import { type Admin } from 'kafkajs';
import { applyTopics, type DeclaredTopic } from './topics.js';

describe('Creating topics', () => {
  const declared: DeclaredTopic = { name: 'account', partitions: 1, replicationFactor: 1, config: {} };

  /** A cluster whose brokers learn of a topic only when they are asked for the third time. */
  function cluster(failure: string): Admin {
    let asked = 0;
    const admin: Partial<Admin> = {
      createTopics: () => Promise.reject(Object.assign(new Error('no'), { type: failure })),
      fetchTopicMetadata: () => {
        const partition = { partitionErrorCode: 0, partitionId: 0, leader: 1, replicas: [1], isr: [1] };
        const topics = ++asked < 3 ? [] : [{ name: declared.name, partitions: [partition] }];
        return Promise.resolve({ topics });
      },
      describeConfigs: () => Promise.resolve({ resources: [], throttleTime: 0 }),
    };
    return admin as Admin;
  }

  it('waits for a broker that has not learnt of them yet', async () => {
    const { mended } = await applyTopics(cluster('UNKNOWN_TOPIC_OR_PARTITION'), [declared]);
    expect(mended).toEqual([{ kind: 'missing', topic: 'account', declared }]);
  });

  it('fails as the cluster says', async () => {
    await expect(applyTopics(cluster('INVALID_REPLICATION_FACTOR'), [declared])).rejects.toThrow('no');
  });
});
