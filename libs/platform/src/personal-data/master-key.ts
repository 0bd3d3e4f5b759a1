import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

/** The key that wraps the keys of all subjects; without it a process works, but neither seals nor opens personal data. */
export const PersonalDataSettings = z.object({
  PAYBILL_MASTER_KEY: z
    .string()
    .regex(BASE64_OF_32_BYTES, 'must be 32 bytes in base64, as "openssl rand -base64 32" makes them')
    .transform((text) => Buffer.from(text, 'base64'))
    .optional(),
});

/**
 * The master key of a Paybill that keeps everything in one directory: `master.key`, readable by its owner only, made when
 * it is not there. Whoever loses the file loses all personal data; whoever copies it beside the database can read them.
 */
export async function masterKeyIn(directory: string): Promise<Buffer> {
  const path = join(directory, 'master.key');
  const text = (await readIfThere(path)) ?? (await create(path, directory));
  if (!BASE64_OF_32_BYTES.test(text)) throw new Error(`${path} is no master key: 32 bytes in base64 belong there`);
  return Buffer.from(text, 'base64');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** On disk, whole and in its place before anything is sealed with it. */
async function create(path: string, directory: string): Promise<string> {
  const text = randomBytes(32).toString('base64');
  await mkdir(directory, { recursive: true });
  const unfinished = await open(`${path}.new`, 'w', 0o600);
  try {
    await unfinished.writeFile(`${text}\n`);
    await unfinished.sync();
  } finally {
    await unfinished.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(directory, 'r');
  await folder.sync();
  await folder.close();
  return text;
}
