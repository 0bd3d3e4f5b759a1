import { kafkaCluster, until } from '#testing/platform';
import kafkajs from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import pino from 'pino';
import { connectKafka } from './connect.js';
import { applyTopics, type DeclaredTopic, type TopicDifference, topicDifferences } from './topics.js';

describe.each(await kafkaCluster())('Topics as code', ({ brokers }) => {
  const admin = connectKafka({ KAFKA_BROKERS: brokers }, pino({ enabled: false })).admin();
  const declared: DeclaredTopic = {
    name: `try-${randomBytes(6).toString('hex')}`,
    partitions: 3,
    replicationFactor: 3,
    config: { 'min.insync.replicas': '2', 'retention.ms': '-1' },
  };
  beforeAll(() => admin.connect());
  afterAll(async () => {
    await admin.deleteTopics({ topics: [declared.name] });
    await admin.disconnect();
  });

  /** Each broker learns of a change in its own time, and any of them may be the one that is asked. */
  const shows = (differences: TopicDifference[]) =>
    until(async () => isDeepStrictEqual(await topicDifferences(admin, [declared]), differences));

  it('are created where they are missing, once', async () => {
    const missing = [{ kind: 'missing', topic: declared.name, declared }];
    expect(await topicDifferences(admin, [declared])).toEqual(missing);
    expect(await applyTopics(admin, [declared])).toEqual({ mended: missing, refused: [] });
    await shows([]);
    expect(await applyTopics(admin, [declared])).toEqual({ mended: [], refused: [] });
  }, 150_000);

  it('are mended where somebody has changed, dropped or added a setting by hand', async () => {
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.ms', value: '60000' },
    ];
    const byHand = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: declared.name, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources: byHand });
    const wrong: TopicDifference[] = [
      { kind: 'setting', topic: declared.name, setting: 'min.insync.replicas', is: undefined, should: '2' },
      { kind: 'setting', topic: declared.name, setting: 'retention.ms', is: '1000', should: '-1' },
      { kind: 'setting', topic: declared.name, setting: 'segment.ms', is: '60000', should: undefined },
    ];
    await shows(wrong);
    expect(await applyTopics(admin, [declared])).toEqual({ mended: wrong, refused: [] });
    await shows([]);
  }, 150_000);

  it('keep their partitions and replicas, whatever the file says', async () => {
    const other = { ...declared, partitions: 6, replicationFactor: 2 };
    const differences = [
      { kind: 'partitions', topic: declared.name, is: 3, should: 6 },
      { kind: 'replicationFactor', topic: declared.name, is: 3, should: 2 },
    ];
    expect(await applyTopics(admin, [other])).toEqual({ mended: [], refused: differences });
    expect(await topicDifferences(admin, [other])).toEqual(differences);
    expect(await topicDifferences(admin, [declared])).toEqual([]);
  }, 150_000);
});
