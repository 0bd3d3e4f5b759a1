import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type EventStoreNode, type EventStoreNodeOptions } from './node.js';
import { encodeOptions, type ToChild, type ToParent } from './process-messages.js';

/** A node in a process of its own. */
export interface SpawnedEventStoreNode extends EventStoreNode {
  readonly pid: number;
  /** Settles with the exit code, or null when a signal ended the process. */
  readonly exited: Promise<number | null>;
}

/** Sources cannot be run by Node itself: a caller that runs from them gets the built entry. */
function entry(): string {
  const url = new URL('./node-process.js', import.meta.url);
  const path = import.meta.url.endsWith('.ts')
    ? fileURLToPath(new URL('../../../dist/libs/eventstore-node/src/node-process.js', import.meta.url))
    : fileURLToPath(url);
  if (!existsSync(path)) throw new Error(`${path} does not exist: run npm run build first.`);
  return path;
}

/**
 * Starts a node in a child process, so that it does not share the caller's event loop. It ends with the caller, also when
 * the caller is killed.
 */
export async function spawnEventStoreNode(
  options: Omit<EventStoreNodeOptions, 'onFatal'>,
): Promise<SpawnedEventStoreNode> {
  // Options go over the channel: an argument list would show passwords to every user of the machine.
  const child = fork(entry(), [], {
    execArgv: [],
    // glibc keeps an arena of freed memory for each thread; two are enough, and fifty megabytes less at a million events.
    env: { MALLOC_ARENA_MAX: '2', ...process.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const send = (message: ToChild): void => void child.send(message);
  send({ kind: 'start', options: encodeOptions(options) });
  const { host, port, connectionString } = await started(child, exited);
  return {
    host,
    port,
    connectionString,
    pid: child.pid!,
    exited,
    close: async () => {
      if (child.connected) send({ kind: 'stop' });
      await exited;
    },
  };
}

function started(child: ChildProcess, exited: Promise<number | null>): Promise<ToParent & { kind: 'started' }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message: ToParent) => {
      if (message.kind === 'started') resolve(message);
      else reject(new Error(message.reason));
    });
    void exited.then((code) => reject(new Error(`The event store process ended with ${code} before it was ready.`)));
  });
}
