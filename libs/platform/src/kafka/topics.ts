import kafkajs, { type Admin } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';

// These two are not among the names Node finds in a CommonJS module by itself.
const { ConfigResourceTypes, ConfigSource } = kafkajs;

/** Longest wait for a cluster to show what it has been told. */
const SHOWN_MS = 120_000;

/** A topic as it should be. Its settings are all it has of its own: what is not named here is the broker's default. */
export interface DeclaredTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** One way in which the cluster is not as declared. `undefined` settings stand for the broker's default. */
export type TopicDifference =
  | { readonly kind: 'missing'; readonly topic: string; readonly declared: DeclaredTopic }
  | {
      readonly kind: 'setting';
      readonly topic: string;
      readonly setting: string;
      readonly is: string | undefined;
      readonly should: string | undefined;
    }
  | {
      readonly kind: 'partitions' | 'replicationFactor';
      readonly topic: string;
      readonly is: number;
      readonly should: number;
    };

/** How the cluster differs from what is declared. Topics that nobody declared are none of our business. */
export async function topicDifferences(admin: Admin, declared: readonly DeclaredTopic[]): Promise<TopicDifference[]> {
  const { topics } = await admin.fetchTopicMetadata();
  const present = new Map(topics.map(({ name, partitions }) => [name, partitions]));
  const settings = await ownSettings(
    admin,
    declared.filter(({ name }) => present.has(name)),
  );
  return declared.flatMap((topic): TopicDifference[] => {
    const partitions = present.get(topic.name);
    if (partitions === undefined) return [{ kind: 'missing', topic: topic.name, declared: topic }];
    // A reassignment may be under way: the partition with the fewest replicas says how safe the topic is.
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    return [
      ...sizeDifference('partitions', topic.name, partitions.length, topic.partitions),
      ...sizeDifference('replicationFactor', topic.name, replicas, topic.replicationFactor),
      ...settingDifferences(topic, settings.get(topic.name) ?? {}),
    ];
  });
}

/**
 * Creates what is missing and sets settings right; returns what it has mended, and what it will not touch: the number of
 * partitions, which decides where a key lies, and the number of replicas, which is for an operator to move with care.
 * Deletes nothing. Returns when the cluster shows what was mended.
 */
export async function applyTopics(
  admin: Admin,
  declared: readonly DeclaredTopic[],
): Promise<{ mended: TopicDifference[]; refused: TopicDifference[] }> {
  const differences = await topicDifferences(admin, declared);
  const missing = differences.flatMap((difference) => (difference.kind === 'missing' ? [difference.declared] : []));
  if (missing.length > 0) await createTopics(admin, missing);
  const wrong = new Set(differences.flatMap(({ kind, topic }) => (kind === 'setting' ? [topic] : [])));
  if (wrong.size > 0)
    await setSettings(
      admin,
      declared.filter(({ name }) => wrong.has(name)),
    );
  await shown(admin, declared);
  return { mended: differences.filter(isMendable), refused: differences.filter((one) => !isMendable(one)) };
}

function isMendable({ kind }: TopicDifference): boolean {
  return kind === 'missing' || kind === 'setting';
}

function sizeDifference(
  kind: 'partitions' | 'replicationFactor',
  topic: string,
  is: number,
  should: number,
): TopicDifference[] {
  return is === should ? [] : [{ kind, topic, is, should }];
}

function settingDifferences(topic: DeclaredTopic, own: Readonly<Record<string, string>>): TopicDifference[] {
  const names = [...new Set([...Object.keys(topic.config), ...Object.keys(own)])].sort();
  return names
    .filter((setting) => own[setting] !== topic.config[setting])
    .map((setting) => ({
      kind: 'setting',
      topic: topic.name,
      setting,
      is: own[setting],
      should: topic.config[setting],
    }));
}

/** The settings each topic has of its own, without those it takes from its brokers. */
async function ownSettings(
  admin: Admin,
  topics: readonly DeclaredTopic[],
): Promise<Map<string, Record<string, string>>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const own = configEntries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
      return [resourceName, Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))];
    }),
  );
}

async function createTopics(admin: Admin, topics: readonly DeclaredTopic[]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ name, partitions, replicationFactor, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: entries(config),
      })),
    });
  } catch (error) {
    // They are created, and the broker that was asked about their leaders has not learnt of them yet.
    if ((error as { type?: string }).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  }
}

/** Replaces all of a topic's own settings by the declared ones: what is not declared falls back to the broker's. */
async function setSettings(admin: Admin, topics: readonly DeclaredTopic[]): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map(({ name, config }) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configEntries: entries(config),
    })),
  });
}

function entries(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}

/**
 * A change that was answered is kept by the cluster, and each broker learns of it in its own time: at once, or half a minute
 * later where disks have a hard time.
 */
async function shown(admin: Admin, declared: readonly DeclaredTopic[]): Promise<void> {
  const end = Date.now() + SHOWN_MS;
  while ((await topicDifferences(admin, declared)).some(isMendable)) {
    if (Date.now() > end) throw new Error('the cluster has taken the change and does not show it after two minutes');
    await delay(100);
  }
}
