import { TOPICS } from '#libs/contracts';
import { declaredTopics, readTopicFile, withReplication } from './topics.command.js';

const GOOD = `name: paybill.try.v1
description: for trying things out
partitions: 3
replicationFactor: 3
config:
  min.insync.replicas: 2
  retention.ms: -1
`;
const read = (text: string) => readTopicFile('topics/paybill.try.v1.yaml', text);

describe('Declared topics', () => {
  it('are exactly those Paybill writes', async () => {
    const declared = await declaredTopics('infra/kafka/topics');
    expect(declared.map(({ name }) => name).sort()).toEqual(Object.values(TOPICS).sort());
  });

  it('keep the history of accounts for ever, survive the loss of a broker, and lose no record to an election', async () => {
    const declared = await declaredTopics('infra/kafka/topics');
    for (const topic of declared) {
      expect(topic).toMatchObject({
        replicationFactor: 3,
        config: { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' },
      });
    }
    const of = (name: string) => declared.find((topic) => topic.name === name);
    expect(of(TOPICS.account)).toMatchObject({
      partitions: 12,
      config: { 'retention.ms': '-1', 'retention.bytes': '-1', 'cleanup.policy': 'delete' },
    });
    expect(of(TOPICS.relayProgress)).toMatchObject({ partitions: 1, config: { 'cleanup.policy': 'compact' } });
  });

  it('have their settings as the text Kafka keeps', () => {
    expect(read(GOOD)).toEqual({
      name: 'paybill.try.v1',
      partitions: 3,
      replicationFactor: 3,
      config: { 'min.insync.replicas': '2', 'retention.ms': '-1' },
    });
  });

  it.each([
    ['partitions: 3', 'partitions: many', 3, 'partitions'],
    ['partitions: 3', 'partitions: 0', 3, 'partitions'],
    ['replicationFactor: 3', 'replicas: 3', 1, 'replicationFactor'],
    ['  retention.ms: -1', '  retention.ms: [1]', 7, 'config.retention.ms'],
    ['  retention.ms: -1', '  retention.ms: -1\nretention: 5', 8, 'retention'],
    ['  retention.ms: -1', '  retention.ms: "-1', 8, 'quote'],
    ['  retention.ms: -1', '  min.insync.replicas: 1', 7, 'unique'],
    ['name: paybill.try.v1', 'name: paybill/try', 1, 'name'],
    ['name: paybill.try.v1', 'name: paybill.other.v1', 1, 'belongs in paybill.other.v1.yaml'],
    [GOOD, '', 1, 'expected object'],
  ])('are refused with file and line when %j reads %j', (good, bad, line, reason) => {
    const refuse = () => read(GOOD.replace(good, bad));
    expect(refuse).toThrow(`topics/paybill.try.v1.yaml:${line}: `);
    expect(refuse).toThrow(reason);
  });

  it('can still be written on a development cluster of one broker', () => {
    expect(withReplication(read(GOOD), 1)).toMatchObject({
      replicationFactor: 1,
      config: { 'min.insync.replicas': '1' },
    });
    expect(withReplication(read(GOOD), undefined)).toEqual(read(GOOD));
  });
});
