import { spawnEventStoreNode, type SpawnedEventStoreNode } from '#libs/eventstore-node';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kept = new Set<string>();
// An interrupted bench leaves nothing behind.
process.once('exit', () => {
  for (const directory of kept) rmSync(directory, { recursive: true, force: true });
});

/** An empty directory, there until the process ends. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'paybill-bench-'));
  kept.add(directory);
  return directory;
}

async function drop(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  kept.delete(directory);
}

/** A directory for as long as some work takes. */
export async function inScratch<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await scratch();
  try {
    return await work(directory);
  } finally {
    await drop(directory);
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
