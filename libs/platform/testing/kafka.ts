import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { skipped } from './real-server.js';

/** A cluster that a test may read and write; every test names topics of its own in it. */
export interface TestKafka {
  readonly brokers: string[];
}

/** Three brokers of one test file, numbered 1 to 3, which it may kill. */
export interface OwnKafka extends TestKafka {
  /** Ends a broker as a power cut would; its partitions have new leaders about two seconds later. */
  kill(broker: number): Promise<void>;
  /** Starts a killed broker again; returns when it answers and is counted among the living. */
  start(broker: number): Promise<void>;
}

interface Cluster extends OwnKafka {
  up(options: { lifeOf: number }): Promise<void>;
  down(options: { wipe: boolean }): Promise<void>;
}

interface ClusterModule {
  readonly whyNot: () => Promise<string | undefined>;
  readonly openCluster: (where: { dir: string }) => Promise<Cluster>;
}

/** infra is not built: from the sources and from dist, it is the same file under the root. */
async function clusterModule(): Promise<ClusterModule> {
  const root = import.meta.dirname.replace(/([/\\]dist)?[/\\]libs[/\\]platform[/\\]testing$/, '');
  return (await import(pathToFileURL(join(root, 'infra', 'kafka', 'cluster.mjs')).href)) as ClusterModule;
}

/**
 * Three brokers of the real Kafka for `describe.each(await kafkaCluster())`: those TEST_KAFKA_BROKERS names, else a
 * cluster started by the first file that asks and shared by all files of the run, by Docker or from jars; empty (and
 * reported) where there is none.
 */
export async function kafkaCluster(): Promise<TestKafka[]> {
  const given = process.env['TEST_KAFKA_BROKERS'];
  if (given) return [{ brokers: given.split(',') }];
  // The process that runs all files: infra/jest/run.mjs says which, and with its end the cluster ends.
  const run = Number(process.env['PAYBILL_TEST_RUN'] ?? process.pid);
  return startCluster(`run-${run}`, run);
}

/** Three brokers of this test file's own, for tests that break them; gone after the file's tests. */
export async function ownKafkaCluster(): Promise<OwnKafka[]> {
  const started = await startCluster(`own-${process.pid}-${Date.now()}`, process.pid);
  afterAll(() => Promise.all(started.map((cluster) => cluster.down({ wipe: true }))));
  return started;
}

async function startCluster(name: string, lifeOf: number): Promise<Cluster[]> {
  const { whyNot, openCluster } = await clusterModule();
  const reason = await whyNot();
  if (reason !== undefined) {
    skipped('Kafka', `TEST_KAFKA_BROKERS is not set; ${reason}`);
    return [];
  }
  const cluster = await openCluster({ dir: join(tmpdir(), `paybill-kafka-${name}`) });
  await cluster.up({ lifeOf });
  return [cluster];
}
