import { hashRaw } from '@node-rs/argon2';

/**
 * Ways to hash a secret that people remember, by the name that is stored beside the hash. A way never changes; a stronger
 * one is another entry, and what was hashed by the old one is still compared by it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html where the parameters come from
 */
const WAYS = {
  'argon2id-m19456-t2-p1': { memoryCost: 19_456, timeCost: 2, parallelism: 1 },
} as const;

export type SecretHashing = keyof typeof WAYS;

/** How a secret that is set now is hashed. */
export const SECRET_HASHING: SecretHashing = 'argon2id-m19456-t2-p1';

/** Whether there is a way of hashing by this name. */
export function isSecretHashing(name: string): name is SecretHashing {
  return Object.hasOwn(WAYS, name);
}

/**
 * Hashes a secret with Argon2id (RFC 9106), the library's default, in the thread pool: some tens of milliseconds and 19 MiB each.
 * @param salt 16 bytes or more, of this secret alone
 * @returns 32 bytes in base64url; the same for the same secret, salt and way
 */
export async function hashSecret(secret: string, salt: Buffer, hashing: SecretHashing): Promise<string> {
  const hash = await hashRaw(secret, { ...WAYS[hashing], outputLen: 32, salt });
  return hash.toString('base64url');
}
