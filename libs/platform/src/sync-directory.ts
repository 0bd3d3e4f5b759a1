import { open } from 'node:fs/promises';

/** Puts on disk which names a directory holds: after a power cut a file is found only by its name. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
