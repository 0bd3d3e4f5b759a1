import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readYaml } from '#libs/platform';
import { CollectionPolicy } from './collection-policy.js';

/** What collections are set by. */
export const CollectionSettings = z.object({
  /** The collection policy file; the policy that comes with Paybill when it is not set. */
  PAYBILL_COLLECTION_POLICY: z.string().optional(),
});

/** A collection policy file that is not taken: every fault with its path and line. */
export class CollectionPolicyRefused extends Error {
  override readonly name = 'CollectionPolicyRefused';
}

/** The policy that comes with Paybill. It is not copied into dist: from there, too, the way leads to the source. */
const DEFAULT_POLICY = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../collections/default.yaml'
      : '../../../../../libs/ledger/collections/default.yaml',
    import.meta.url,
  ),
);

/**
 * Reads the policy, once at a start: versions come into force by their day and not by a change of the file.
 * @throws CollectionPolicyRefused: with a policy nobody can read, nobody is dunned
 */
export async function readCollectionPolicy(path: string = DEFAULT_POLICY): Promise<CollectionPolicy> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CollectionPolicyRefused(`the collection policy cannot be read: ${error.message}`);
  });
  const read = readYaml(CollectionPolicy, text, path);
  if ('value' in read) return read.value;
  throw new CollectionPolicyRefused(read.faults);
}
