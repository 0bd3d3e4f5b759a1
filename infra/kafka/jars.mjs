// Kafka brokers from the jars of Maven Central, as processes of this machine: where there is no Docker.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { KafkaUnavailable } from './unavailable.mjs';

const run = promisify(execFile);
const POM = join(import.meta.dirname, 'pom.xml');

const compose = parse(readFileSync(join(import.meta.dirname, 'compose.yaml'), 'utf8'), { merge: true });
const VERSION = compose['x-broker'].image.split(':')[1];

/** The image's settings under their own names: KAFKA_MIN_INSYNC_REPLICAS is min.insync.replicas. */
const SETTINGS = Object.fromEntries(
  Object.entries(compose['x-settings']).map(([name, value]) => [
    name
      .replace(/^KAFKA_/, '')
      .toLowerCase()
      .replaceAll('_', '.'),
    value,
  ]),
);

/**
 * The directory of the jars: PAYBILL_KAFKA_HOME, else the cache, filled by Maven the first time.
 * @returns {Promise<string>}
 */
export async function jars() {
  if (spawnSync('java', ['-version']).status !== 0) {
    throw new KafkaUnavailable('no Java 17 or newer (Debian: apt-get install default-jre-headless)');
  }
  const given = process.env.PAYBILL_KAFKA_HOME;
  if (given) return join(given, existsSync(join(given, 'libs')) ? 'libs' : '');
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'paybill', 'kafka');
  const libs = join(cache, VERSION);
  if (existsSync(libs)) return libs;
  if (spawnSync('mvn', ['-version']).status !== 0) {
    throw new KafkaUnavailable(
      'no Maven to fetch Kafka with (Debian: apt-get install maven); or set PAYBILL_KAFKA_HOME to an unpacked Kafka 4',
    );
  }
  // Fetched aside and then renamed: what lies under the version's name is whole, whoever else fetches at the same time.
  const fetched = join(cache, `fetching-${process.pid}`);
  await mkdir(fetched, { recursive: true });
  try {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    await run('mvn', ['-q', '-B', '-f', POM, `-Dkafka.version=${VERSION}`, goal, `-DoutputDirectory=${fetched}`]).catch(
      (error) => {
        throw new KafkaUnavailable(`Maven could not fetch Kafka ${VERSION}:\n${error.stdout}${error.stderr}`);
      },
    );
    await rename(fetched, libs).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
  return libs;
}

/**
 * The nodes of one cluster as processes; each has its directory with its settings, log, pid file and data.
 * @param {string} dir
 * @param {import('./cluster.mjs').Plan} plan
 */
export function jarNodes(dir, plan) {
  const home = (id) => join(dir, `broker-${id}`);
  const properties = (id) => join(home(id), 'server.properties');

  /** Writes the settings of a node and gives its data directory the cluster's identity, once. */
  async function format({ id, port, controllerPort }, libs) {
    if (existsSync(join(home(id), 'data', 'meta.properties'))) return;
    await rm(home(id), { recursive: true, force: true });
    await mkdir(home(id), { recursive: true });
    const settings = {
      ...SETTINGS,
      'node.id': id,
      'controller.quorum.voters': plan.nodes.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`).join(','),
      'inter.broker.listener.name': 'CLIENTS',
      listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `CLIENTS://127.0.0.1:${port}`,
      'log.dirs': join(home(id), 'data'),
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(properties(id), lines.join(''));
    const args = [
      '-cp',
      join(libs, '*'),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      plan.clusterId,
      '-c',
      properties(id),
    ];
    await run('java', ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...args]).catch((error) => {
      throw new KafkaUnavailable(`could not format the directory of broker ${id}:\n${error.stdout}${error.stderr}`);
    });
  }

  /** The process of a node; a number left from before a reboot may be another program's by now. */
  async function pid(id) {
    const number = Number(await readFile(join(home(id), 'pid'), 'utf8').catch(() => Number.NaN));
    if (!Number.isInteger(number)) return undefined;
    const { stdout } = await run('ps', ['-o', 'stat=,args=', '-p', `${number}`]).catch(() => ({ stdout: '' }));
    return stdout.includes(properties(id)) && !stdout.startsWith('Z') ? number : undefined;
  }

  async function signal(id, name) {
    const process_ = await pid(id);
    if (process_ !== undefined) process.kill(process_, name);
  }

  async function gone(id, patience) {
    const end = Date.now() + patience;
    while ((await pid(id)) !== undefined) {
      if (Date.now() > end) return false;
      await delay(50);
    }
    return true;
  }

  return {
    running: async (id) => (await pid(id)) !== undefined,

    async start(ids) {
      const libs = await jars();
      const nodes = plan.nodes.filter((node) => ids.includes(node.id));
      await Promise.all(nodes.map((node) => format(node, libs)));
      for (const { id } of nodes) {
        const log = await open(join(home(id), 'log'), 'a');
        const memory = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC'];
        const logging = ['defaultLogLevel=warn', 'showDateTime=true'].map((is) => `-Dorg.slf4j.simpleLogger.${is}`);
        const child = spawn('java', [...memory, ...logging, '-cp', join(libs, '*'), 'kafka.Kafka', properties(id)], {
          detached: true,
          stdio: ['ignore', log.fd, log.fd],
        });
        await log.close();
        await writeFile(join(home(id), 'pid'), `${child.pid}`);
        child.unref();
      }
    },

    async kill(id) {
      await signal(id, 'SIGKILL');
      await gone(id, 10_000);
    },

    /** Orderly, and by force where that takes long: the last two cannot hand over to a majority that is going too. */
    async stop({ wipe }) {
      const ids = plan.nodes.map((node) => node.id);
      await Promise.all(ids.map((id) => signal(id, wipe ? 'SIGKILL' : 'SIGTERM')));
      await Promise.all(ids.map(async (id) => (await gone(id, 10_000)) || this.kill(id)));
    },

    log: (id) => join(home(id), 'log'),
  };
}
