import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './sync-directory.js';

/**
 * The text of a file that only its owner may read; made when it is not there: on disk, whole and in its place before anybody
 * works with it. Blanks around the text are no part of it.
 */
export async function secretFile(path: string, make: () => string): Promise<string> {
  return (await readIfThere(path)) ?? (await writeSecretFile(path, make()));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts a text in the place of what a file held before, or makes the file. Only its owner may read it. */
export async function writeSecretFile(path: string, text: string): Promise<string> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const unfinished = await open(`${path}.new`, 'w', 0o600);
  try {
    await unfinished.writeFile(`${text}\n`);
    await unfinished.sync();
  } finally {
    await unfinished.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
  return text;
}
