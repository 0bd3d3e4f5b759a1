import { spawnEventStoreNode, type SpawnedEventStoreNode } from '#libs/eventstore-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for as long as some work takes. */
export async function inScratch<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'paybill-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** An empty event store node, in a process of its own as everywhere, for as long as some work takes. */
export function withNode<Result>(work: (node: SpawnedEventStoreNode) => Promise<Result>): Promise<Result> {
  return inScratch(async (directory) => {
    const node = await spawnEventStoreNode({ dataDir: directory, port: 0 });
    try {
      return await work(node);
    } finally {
      await node.close();
    }
  });
}
