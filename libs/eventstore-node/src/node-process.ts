import { startEventStoreNode, type EventStoreNode } from './node.js';
import { decodeOptions, type ToChild, type ToParent } from './process-messages.js';

/**
 * The process that `spawnEventStoreNode` starts. It lives as long as the channel to its parent: when the parent ends, be
 * it by kill -9, the channel breaks and the node closes.
 */
let node: EventStoreNode | undefined;

const tell = (message: ToParent): void => void process.send?.(message);

async function stop(): Promise<void> {
  await node?.close();
  process.exit(0);
}

async function start(options: Parameters<typeof decodeOptions>[0]): Promise<void> {
  try {
    node = await startEventStoreNode(decodeOptions(options));
    const { host, port, connectionString } = node;
    tell({ kind: 'started', host, port, connectionString });
  } catch (error) {
    tell({ kind: 'failed', reason: (error as Error).message });
    process.exitCode = 1;
    process.disconnect();
  }
}

process.on('message', (message: ToChild) => void (message.kind === 'start' ? start(message.options) : stop()));
process.on('disconnect', () => void (process.exitCode === 1 ? process.exit() : stop()));
// The parent decides when the node ends; a signal to the whole terminal group must not cut off its last writes.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop());
