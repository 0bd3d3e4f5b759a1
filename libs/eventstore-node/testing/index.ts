import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStoreNode, type EventStoreNode, type EventStoreNodeOptions } from '../src/index.js';

export { rewriteLog, type LoggedEvent } from './rewrite-log.js';

/** A node on a directory of its own, which is removed when the node is closed. */
export type TestNode = EventStoreNode & { dataDir: string };

/** Starts a node in this process on any free port, for a test. */
export async function startTestNode(options: Partial<EventStoreNodeOptions> = {}): Promise<TestNode> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'eventstore-node-')));
  const node = await startEventStoreNode({ port: 0, ...options, dataDir });
  const close = async (): Promise<void> => {
    await node.close();
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
  };
  return { ...node, dataDir, close };
}
