import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { secretFile } from '../secret-file.js';

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
  const text = await secretFile(path, () => randomBytes(32).toString('base64'));
  if (!BASE64_OF_32_BYTES.test(text)) throw new Error(`${path} is no master key: 32 bytes in base64 belong there`);
  return Buffer.from(text, 'base64');
}
