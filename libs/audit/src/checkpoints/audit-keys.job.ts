import { secretFile } from '#libs/platform';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type AuditKeys, auditKeys, rotated } from './audit-keys.js';
import { newSignerKey } from './note.js';

/** How the log is signed for auditors. */
export const AuditSettings = z.object({
  /** The signing key, and verifier keys of those before it, separated by blanks. Without a signing key nothing is signed. */
  PAYBILL_AUDIT_KEY: z
    .string()
    .transform((text, context): AuditKeys => {
      try {
        return auditKeys(text);
      } catch {
        context.addIssue(
          'must be a signing key as "paybill audit new-key" makes it, and the verifier keys of earlier ones',
        );
        return z.NEVER;
      }
    })
    .optional(),
  /** How often a checkpoint is signed when something was recorded since the last; 0: only when somebody asks for it. */
  PAYBILL_CHECKPOINT_SECONDS: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number of seconds up to 999999, 0 to sign on demand only')
    .transform(Number)
    .default(3600),
});
export type AuditSettings = z.output<typeof AuditSettings>;

/** Where a Paybill that keeps everything in one directory has its signing key. */
export function auditKeyFile(directory: string): string {
  return join(directory, 'audit.key');
}

/**
 * The keys of a Paybill that keeps everything in one directory: `audit.key`, readable by its owner only, made when it is not
 * there. Whoever copies it can sign another history.
 */
export async function auditKeysIn(directory: string): Promise<AuditKeys> {
  const path = auditKeyFile(directory);
  const text = await secretFile(path, () => renewedKeys(''));
  try {
    return auditKeys(text);
  } catch (error) {
    throw new Error(`${path} holds no signing key: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * A new signing key in the place of those before, whose verifier keys are kept with it.
 * @param before a key file's text; empty when there was none
 * @param name unless given, that of the key before: the name of a key is that of its log. With none before it is called
 *   after nothing, so that two logs are told apart.
 * @throws MalformedNote
 */
export function renewedKeys(before: string, name?: string): string {
  return rotated(freshSignerKey(name ?? auditKeys(before).verifiers[0]?.name), before);
}

function freshSignerKey(name = `paybill.local/${randomBytes(4).toString('hex')}`): string {
  return newSignerKey(name, randomBytes(32));
}
