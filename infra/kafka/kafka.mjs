// npm run kafka -- up|down|status
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openCluster } from './cluster.mjs';
import { KafkaUnavailable } from './unavailable.mjs';

const USAGE = `Three brokers of Apache Kafka on this machine: by Docker where it answers, else from jars with Java.

  npm run kafka -- up [--dir data/kafka] [--port 9092]   start what is not running; returns when all three answer;
                                                         takes six ports from there on, with --port 0 free ones
  npm run kafka -- status [--dir data/kafka]             what is up; exit code 1 when anything is missing
  npm run kafka -- down [--dir data/kafka] [--wipe]      stop; --wipe deletes the data`;

const isThere = (dir) => existsSync(join(dir, 'cluster.json'));

async function up({ dir, port }) {
  // A cluster keeps the ports it was made with.
  const asked = port ?? (isThere(dir) ? 0 : 9092);
  const cluster = await openCluster({ dir, port: asked === 0 ? undefined : asked });
  await cluster.up();
  console.log(`KAFKA_BROKERS=${cluster.brokers.join(',')}`);
}

async function down({ dir, wipe }) {
  if (!isThere(dir)) return console.log(`no cluster in ${dir}`);
  await (await openCluster({ dir })).down({ wipe });
}

async function status({ dir }) {
  if (!isThere(dir)) throw new KafkaUnavailable(`no cluster in ${dir}: npm run kafka -- up`);
  const { brokers, ...of } = await (await openCluster({ dir })).status();
  for (const { id, address, up, leads } of brokers) {
    console.log(`broker ${id}  ${address}  ${up ? `up, leads ${leads} partitions` : 'DOWN'}`);
  }
  console.log(
    `${of.topics} topics, ${of.partitions} partitions, ${of.leaderless} without a leader, ${of.underReplicated} under-replicated`,
  );
  const isWhole = brokers.every(({ up }) => up) && of.leaderless === 0 && of.underReplicated === 0;
  process.exitCode = isWhole ? 0 : 1;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: 'data/kafka' },
      port: { type: 'string' },
      wipe: { type: 'boolean', default: false },
    },
  });
  const command = { up, down, status }[positionals[0] ?? ''];
  const port = values.port === undefined ? undefined : Number(values.port);
  if (!command || positionals.length > 1 || !(port === undefined || (port >= 0 && port <= 65_530 && port % 1 === 0))) {
    console.error(USAGE);
    process.exitCode = 2;
  } else {
    await command({ dir: resolve(values.dir), port, wipe: values.wipe });
  }
} catch (error) {
  const misused = String(error.code).startsWith('ERR_PARSE_ARGS');
  if (misused) console.error(`${error.message}\n\n${USAGE}`);
  else console.error(error instanceof KafkaUnavailable ? `error: ${error.message}` : error);
  process.exitCode = 1;
}
