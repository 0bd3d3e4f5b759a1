import { execFile, spawnSync } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RealServer } from './real-server.js';

const run = promisify(execFile);

/** Directories where distributions keep the server's binaries, newest version last. */
async function binaries(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).sort((a, b) => Number(a) - Number(b));
  const found = versions.map((version) => join(root, version, 'bin')).at(-1);
  return found ?? (spawnSync('initdb', ['--version']).status === 0 ? '' : undefined);
}

/** PostgreSQL refuses to run as root: there the cluster belongs to `nobody`, whose ids every system has. */
async function unprivileged(directory: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const ids = { uid: 65534, gid: 65534 };
  await chown(directory, ids.uid, ids.gid);
  return ids;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A PostgreSQL of this test's own from binaries on the machine, or the reason why there is none. */
export async function localPostgres(): Promise<RealServer | string> {
  const bin = await binaries();
  if (bin === undefined) return 'no PostgreSQL binaries (Debian: apt-get install postgresql)';
  const directory = await mkdtemp(join(tmpdir(), 'paybill-postgres-'));
  const user = await unprivileged(directory);
  const data = join(directory, 'data');
  const options = { ...user, cwd: directory };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'paybill', '-A', 'trust', '-E', 'UTF8', '--no-sync'], options);
  // The server outlives pg_ctl and would keep its pipes open: its output goes to a file.
  const start = async (port: number) => {
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
    await run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-l', join(directory, 'log'), '-o', settings, 'start'], options);
    return port;
  };
  // A port that was free may be somebody else's by the time the server asks for it: others start servers beside this one.
  let port: number | undefined;
  for (let tries = 1; port === undefined; tries++) {
    port = await start(await freePort()).catch((error: Error) => {
      if (tries === 5) throw error;
      return undefined;
    });
  }
  return {
    url: `postgres://paybill@127.0.0.1:${port}/postgres`,
    async stop() {
      await run(join(bin, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], options);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A PostgreSQL in a container, or the reason why there is none. */
export async function containerPostgres(): Promise<RealServer | string> {
  if (spawnSync('docker', ['info'], { timeout: 5_000 }).status !== 0) return 'Docker does not answer';
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer('postgres:17-alpine').start();
  return { url: container.getConnectionUri(), stop: () => container.stop().then(() => undefined) };
}
