import { TOPICS } from '#libs/contracts';
import { type Kafka } from '#libs/platform';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, notMeasured, staysFlat, told } from './bar.js';
import { accountsToImport, AS_TELCO, importInto } from './biller.js';
import { type BenchKafka, withTopics } from './kafka.js';
import { withPostgres } from './postgres.js';
import { readiness, type Served, startServed } from './processes.js';
import { residentOf } from './resident.js';
import { withNode } from './scratch.js';

const APPS = ['relay', 'notifications', 'fraud-monitor'] as const;
type App = (typeof APPS)[number];

/** How much more the last quarter may take than the second, by when all code is compiled and all caches are there. */
const FLAT = 1.15;
const LOOKS_AT_ONCE = 5;
const LOOK_MS = 100;

/** What each process of the fan-out has resident while it goes through the whole history, one after the other. */
export function fanoutMemory(cluster: BenchKafka | string, accounts: number = AS_TELCO.accounts): Promise<Bar[]> {
  const name = (app: App) => `MB of ${app}, last quarter of the history against the second`;
  if (typeof cluster === 'string') return Promise.resolve(APPS.map((app) => notMeasured('fanout', name(app), cluster)));
  return withPostgres((server) => {
    if (!server) return Promise.resolve(APPS.map((app) => notMeasured('fanout', name(app), 'there is no PostgreSQL')));
    return server.inDatabase((_, databaseUrl) =>
      withTopics(cluster, () =>
        withNode(async (node) => {
          const { position } = await importInto(node.connectionString, 'history', accountsToImport(accounts));
          const env = {
            EVENTSTORE_URL: node.connectionString,
            DATABASE_URL: databaseUrl,
            KAFKA_BROKERS: cluster.brokers,
            PAYBILL_MASTER_KEY: randomBytes(32).toString('base64'),
          };
          const bars: Bar[] = [];
          for (const app of APPS) {
            const share = app === 'relay' ? shareOfLog(position) : await shareOfTopic(cluster.kafka);
            const peaks = await peaksOf(app, env, share);
            bars.push(
              staysFlat('fanout', name(app), peaks[3]!, peaks[1]!, FLAT),
              ...peaks.map((peak, quarter) => told('fanout', `MB of ${app} up to ${(quarter + 1) * 25} %`, peak)),
            );
          }
          return bars;
        }),
      ),
    );
  });
}

/** Which share of its work a process says it has done. */
type Share = (report: Awaited<ReturnType<typeof readiness>>) => number;

function shareOfLog(end: bigint): Share {
  return ({ followers }) => Number(followers[0]?.position ?? 0) / Number(end);
}

async function shareOfTopic(kafka: Kafka): Promise<Share> {
  const admin = kafka.admin();
  await admin.connect();
  const partitions = await admin.fetchTopicOffsets(TOPICS.account);
  await admin.disconnect();
  const records = partitions.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  // The marker of the last transaction in each partition is nothing to consume, and counts as lag for ever.
  const all = records - partitions.length;
  return ({ followers }) => (records - (followers[0]?.lagMessages ?? records)) / all;
}

/** The most a process has resident in each quarter of its work. */
async function peaksOf(app: App, env: NodeJS.ProcessEnv, share: Share): Promise<number[]> {
  const served = await startServed(app, env);
  try {
    return await watched(served, share);
  } finally {
    await served.stop();
  }
}

async function watched({ url, pid }: Served, share: Share): Promise<number[]> {
  const peaks = [0, 0, 0, 0];
  for (;;) {
    const done = share(await readiness(url));
    if (done >= 1) return peaks;
    const quarter = Math.max(0, Math.floor(done * peaks.length));
    for (let look = 0; look < LOOKS_AT_ONCE; look++) {
      const { all } = await residentOf(pid);
      if (all === 0) throw new Error('the process whose memory is watched has ended');
      peaks[quarter] = Math.max(peaks[quarter]!, all);
      await delay(LOOK_MS);
    }
  }
}
