// Kafka brokers as containers, by compose.yaml: wherever Docker answers.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KafkaUnavailable } from './unavailable.mjs';

const run = promisify(execFile);

export function dockerAnswers() {
  return spawnSync('docker', ['info'], { timeout: 5_000 }).status === 0;
}

/**
 * The nodes of one cluster as containers; the plan's cluster id makes the project's name.
 * @param {string} _dir unused: containers keep their data in volumes
 * @param {import('./cluster.mjs').Plan} plan
 */
export function containerNodes(_dir, plan) {
  const project = `paybill-kafka-${plan.nodes[0]?.port}`;
  const ports = Object.fromEntries(plan.nodes.map(({ id, port }) => [`KAFKA_PORT_${id}`, `${port}`]));
  const env = { ...process.env, ...ports, KAFKA_CLUSTER_ID: plan.clusterId };

  async function compose(...args) {
    const command = ['compose', '-f', join(import.meta.dirname, 'compose.yaml'), '-p', project, ...args];
    return run('docker', command, { env }).catch((error) => {
      throw new KafkaUnavailable(`docker ${command.join(' ')} failed:\n${error.stderr}`);
    });
  }

  return {
    async running(id) {
      const { stdout } = await compose('ps', '--status', 'running', '--services');
      return stdout.split('\n').includes(`kafka-${id}`);
    },
    start: async (ids) => void (await compose('up', '-d', '--no-recreate', ...ids.map((id) => `kafka-${id}`))),
    kill: async (id) => void (await compose('kill', '--signal', 'SIGKILL', `kafka-${id}`)),
    stop: async ({ wipe }) => void (await compose('down', ...(wipe ? ['--volumes', '--timeout', '0'] : []))),
    log: (id) => `docker compose -p ${project} logs kafka-${id}`,
  };
}
