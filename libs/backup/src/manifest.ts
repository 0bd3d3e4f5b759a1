import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BackupRefused } from './refused.js';

/** The name of a manifest in its backup; it is no part of what it lists. */
export const MANIFEST = 'backup.json';
/** Where the parts of a backup lie in it, as in a data directory. */
export const PARTS = {
  log: 'eventstore',
  database: 'read-models',
  masterKey: 'master.key',
  auditKey: 'audit.key',
} as const;

/** What a backup says of itself. */
export const Manifest = z.object({
  /** Raised when a backup can no longer be read as those before. */
  format: z.literal('paybill-backup-1'),
  createdAt: z.iso.datetime(),
  /** Version of the Paybill that took it. */
  paybill: z.string(),
  /** The log as it was copied: the position of its last event, and how many there are. */
  log: z.object({ position: z.string().regex(/^\d+$/), events: z.int().positive() }),
  /** Whether the embedded database is in it; when not, it is a PostgreSQL that is backed up by its own means. */
  database: z.boolean(),
  masterKey: z.boolean(),
  /** Whether the key that signs checkpoints is in it. */
  auditKey: z.boolean().default(false),
  /** The verifier keys of the log's checkpoints, the signer's first: by them they are still believed when the key is lost. */
  verifierKeys: z.array(z.string()).default([]),
  /** All directories: a database needs its empty ones, and not every way of keeping files keeps those. */
  directories: z.array(z.string()),
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string().regex(/^[\da-f]{64}$/) })),
});
export type Manifest = z.output<typeof Manifest>;

/** @throws BackupRefused when the directory is no backup, or one of another format */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new BackupRefused(`${directory} is no backup: ${error.message}`);
  });
  const parsed = Manifest.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BackupRefused(
    `${path} is not the manifest of a backup this Paybill reads: ${issue!.path.join('.')} ${issue!.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
