// Three brokers of the real Apache Kafka, for development and tests: `npm run kafka` and libs/platform/testing use it.
import { Kafka, logLevel } from 'kafkajs';
import { randomBytes, randomInt } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { alone } from './alone.mjs';
import { containerNodes, dockerAnswers } from './compose.mjs';
import { jarNodes, jars } from './jars.mjs';
import { KafkaUnavailable } from './unavailable.mjs';

// Seconds on an idle machine; a busy one with two cores has been seen to take most of a minute.
const START_PATIENCE = 180_000;

/**
 * What a cluster was made as; kept in its directory so that whoever opens it later finds the same.
 * @typedef {{kind: 'docker' | 'jars', clusterId: string, nodes: {id: number, port: number, controllerPort: number}[]}} Plan
 */

/** @param {number | undefined} port of the first of six in a row; without it the system chooses */
async function makePlan(port) {
  const ports = port === undefined ? await freePorts(6) : Array.from({ length: 6 }, (_, index) => port + index);
  const nodes = [1, 2, 3].map((id) => ({ id, port: ports[id - 1], controllerPort: ports[id + 2] }));
  return { kind: dockerAnswers() ? 'docker' : 'jars', clusterId: newClusterId(), nodes };
}

/** Sixteen bytes in base64; the tool that formats directories would take a leading hyphen for an option. */
function newClusterId() {
  const bytes = randomBytes(16);
  bytes[0] &= 0x7f;
  return bytes.toString('base64url');
}

/** Binds a port for a moment; the server is returned still listening, so that several are sure to differ. */
async function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Below those that the system gives to whoever asks for any: a broker that is down must find its own free when it is back. */
async function freePorts(count) {
  const servers = [];
  while (servers.length < count) {
    const server = await listen(randomInt(10_000, 32_000)).catch(() => undefined);
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function assertFree(port) {
  const server = await listen(port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new KafkaUnavailable(`port ${port} is in use: stop what listens there, or choose six others with --port`);
  });
  await new Promise((resolve) => server.close(resolve));
}

async function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** What a broker itself says about the cluster, or undefined where it does not answer. */
async function ask(port, question) {
  if (!(await answers(port))) return undefined;
  const kafka = new Kafka({
    clientId: 'paybill-cluster',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    // It refers to the others, of which one may have just died.
    retry: { initialRetryTime: 300, retries: 4 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await question(admin);
  } catch {
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** The plan kept in the directory, else a new one; what cannot be used is not kept. */
async function openPlan(dir, port) {
  const file = join(dir, 'cluster.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept === undefined) {
    const plan = await makePlan(port);
    for (const node of plan.nodes) await assertFree(node.port);
    await writeFile(file, JSON.stringify(plan, undefined, 2));
    return plan;
  }
  const plan = JSON.parse(kept);
  if (port !== undefined && port !== plan.nodes[0].port) {
    throw new KafkaUnavailable(
      `the cluster in ${dir} has its ports, from ${plan.nodes[0].port} on: down --wipe it first`,
    );
  }
  return plan;
}

/**
 * Why no cluster can run on this machine, or undefined where one can; fetches the jars where they are what is missing.
 * @returns {Promise<string | undefined>}
 */
export async function whyNot() {
  if (dockerAnswers()) return undefined;
  return jars().then(
    () => undefined,
    (error) => {
      if (error instanceof KafkaUnavailable) return `Docker does not answer; ${error.message}`;
      throw error;
    },
  );
}

/**
 * The cluster that lives in a directory, made there when there is none yet; nothing is started by opening it.
 * @param {{dir: string, port?: number}} where `port` is of the first of six in a row (three brokers, three controllers);
 *   without it they are free ones
 */
export async function openCluster({ dir, port }) {
  const lock = join(dir, 'lock');
  const plan = await alone(lock, () => openPlan(dir, port));
  const nodes = (plan.kind === 'docker' ? containerNodes : jarNodes)(dir, plan);
  const ids = plan.nodes.map(({ id }) => id);
  const portOf = (id) => plan.nodes.find((node) => node.id === id)?.port;

  /** Which brokers a broker counts as alive, itself among them; none when another cluster answers on its port. */
  async function seenBy(id) {
    const seen = await ask(portOf(id), (admin) => admin.describeCluster());
    return seen?.clusterId === plan.clusterId ? seen.brokers.map(({ nodeId }) => nodeId) : [];
  }

  async function begin(wanted) {
    const stopped = [];
    for (const id of wanted) if (!(await nodes.running(id))) stopped.push(id);
    if (plan.kind === 'jars') {
      for (const { id, port, controllerPort } of plan.nodes) {
        if (stopped.includes(id)) await Promise.all([port, controllerPort].map(assertFree));
      }
    }
    if (stopped.length > 0) await nodes.start(stopped);
  }

  /** Until each of the brokers wanted answers, and counts all of them as alive. */
  async function whole(wanted) {
    const end = Date.now() + START_PATIENCE;
    for (const id of wanted) {
      for (;;) {
        const seen = await seenBy(id);
        if (wanted.every((other) => seen.includes(other))) break;
        if (!(await nodes.running(id)))
          throw new KafkaUnavailable(`broker ${id} ended while starting: ${nodes.log(id)}`);
        if (Date.now() > end) throw new KafkaUnavailable(`broker ${id} does not answer: ${nodes.log(id)}`);
        await delay(100);
      }
    }
  }

  return {
    brokers: plan.nodes.map((node) => `127.0.0.1:${node.port}`),
    kind: plan.kind,

    /** Starts what is not running. With `lifeOf`, the cluster is taken down and wiped when that process has ended. */
    async up({ lifeOf } = {}) {
      await alone(lock, async () => {
        await begin(ids);
        await whole(ids);
        if (lifeOf === undefined || existsSync(join(dir, 'guarded'))) return;
        await writeFile(join(dir, 'guarded'), `${lifeOf}`);
        const guard = join(import.meta.dirname, 'guard.mjs');
        spawn(process.execPath, [guard, dir, `${lifeOf}`], { detached: true, stdio: 'ignore' }).unref();
      });
    },

    async down({ wipe = false } = {}) {
      await nodes.stop({ wipe });
      if (wipe) await rm(dir, { recursive: true, force: true });
    },

    /** Ends a broker as a power cut would. */
    kill: (id) => nodes.kill(id),

    /** Starts a broker again; returns when it answers and is counted among the living. */
    async start(id) {
      await begin([id]);
      await whole([id]);
    },

    /** Which brokers are up, how many partitions each leads, and how many lack a replica. */
    async status() {
      const up = [];
      let topics;
      for (const id of ids) {
        if ((await seenBy(id)).length === 0) continue;
        const metadata = await ask(portOf(id), (admin) => admin.fetchTopicMetadata());
        up.push(id);
        topics ??= metadata?.topics;
      }
      const partitions = (topics ?? []).flatMap((topic) => topic.partitions);
      return {
        brokers: plan.nodes.map(({ id, port }) => ({
          id,
          address: `127.0.0.1:${port}`,
          up: up.includes(id),
          leads: partitions.filter(({ leader }) => leader === id).length,
        })),
        topics: topics?.length ?? 0,
        partitions: partitions.length,
        leaderless: partitions.filter(({ leader }) => leader < 0).length,
        underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
      };
    },
  };
}
