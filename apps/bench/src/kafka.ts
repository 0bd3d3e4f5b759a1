import { createTopics } from '#testing/messaging';
import { TOPICS } from '#libs/contracts';
import { connectKafka, createLogger, type Kafka } from '#libs/platform';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** Three brokers that benches may fill. */
export interface BenchKafka {
  /** As KAFKA_BROKERS has them. */
  readonly brokers: string;
  readonly kafka: Kafka;
}

interface ClusterModule {
  readonly whyNot: () => Promise<string | undefined>;
  readonly openCluster: (where: { dir: string }) => Promise<{
    readonly brokers: readonly string[];
    up(options: { lifeOf: number }): Promise<void>;
    down(options: { wipe: boolean }): Promise<void>;
  }>;
}

/** Works with the brokers the environment names, else with three started for it; with the reason where neither is to be had. */
export async function withKafka<Result>(work: (cluster: BenchKafka | string) => Promise<Result>): Promise<Result> {
  const given = process.env['BENCH_KAFKA_BROKERS'] ?? process.env['KAFKA_BROKERS'];
  if (given) return work(await unlessInUse(clusterOf(given.split(','))));
  const { whyNot, openCluster } = await clusterModule();
  const reason = await whyNot();
  if (reason !== undefined)
    return work(`there is no Kafka: neither BENCH_KAFKA_BROKERS nor KAFKA_BROKERS is set; ${reason}`);
  console.error('… three brokers are started');
  const cluster = await openCluster({ dir: join(tmpdir(), `paybill-kafka-bench-${process.pid}`) });
  try {
    // Taken down with this process, too, however it ends.
    await cluster.up({ lifeOf: process.pid });
    return await work(clusterOf(cluster.brokers));
  } finally {
    await cluster.down({ wipe: true });
  }
}

/** Works with the topics that Paybill's processes write and read, made for it and deleted afterwards. */
export async function withTopics<Result>({ kafka }: BenchKafka, work: () => Promise<Result>): Promise<Result> {
  await createTopics(kafka, TOPICS.account, TOPICS.relayProgress);
  try {
    return await work();
  } finally {
    await deleteTopics(kafka, Object.values(TOPICS));
  }
}

/** Returns when they are gone, so that topics of the same names can be made. */
export async function deleteTopics(kafka: Kafka, topics: string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics });
  while ((await admin.listTopics()).some((topic) => topics.includes(topic))) await delay(100);
  await admin.disconnect();
}

/** Paybill's own topics, where there are some, are somebody's, and are neither written to nor deleted. */
async function unlessInUse(cluster: BenchKafka): Promise<BenchKafka | string> {
  const admin = cluster.kafka.admin();
  await admin.connect();
  const there = await admin.listTopics();
  await admin.disconnect();
  const used = Object.values(TOPICS).filter((topic) => there.includes(topic));
  if (used.length === 0) return cluster;
  return `${cluster.brokers} have ${used.join(' and ')} already: name brokers without, or none to have some started`;
}

function clusterOf(brokers: readonly string[]): BenchKafka {
  return {
    brokers: brokers.join(','),
    kafka: connectKafka({ KAFKA_BROKERS: [...brokers] }, createLogger({ level: 'warn', name: 'bench' })),
  };
}

/** infra is not built: from dist, too, it is the one under the root. */
async function clusterModule(): Promise<ClusterModule> {
  const root = import.meta.dirname.replace(/([/\\]dist)?[/\\]apps[/\\]bench[/\\]src$/, '');
  return (await import(pathToFileURL(join(root, 'infra', 'kafka', 'cluster.mjs')).href)) as ClusterModule;
}
