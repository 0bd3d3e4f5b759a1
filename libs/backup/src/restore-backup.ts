import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { buildAside, sumOf } from './files.js';
import { type Manifest, PARTS } from './manifest.js';
import { BackupRefused } from './refused.js';
import { type OnStage, requireEmpty } from './take-backup.js';

interface RestoreOptions {
  readonly backup: string;
  /** What the backup says of itself; it has been verified. */
  readonly manifest: Manifest;
  /** The data directory to make: not there, or empty. */
  readonly data: string;
  /** The master key, in base64, for a backup that has none. */
  readonly masterKey?: string | undefined;
  /** The content of audit.key, for a backup that has none. */
  readonly auditKey?: string | undefined;
  readonly onStage?: OnStage;
}

/**
 * Makes a data directory of a backup, whole or not at all. Every copied file is summed up once more.
 * @throws BackupRefused when the directory is in use or not empty, or the master key is missing
 */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  const { backup, manifest, data, masterKey, auditKey, onStage } = options;
  const above = dirname(resolve(data));
  await mkdir(above, { recursive: true });
  const place = join(await realpath(above), basename(resolve(data)));
  await requireEmpty(place, 'restore into a directory that does not exist yet, and move it when all is well');
  await buildAside(place, async (directory) => {
    await mkdir(directory, { mode: 0o700 });
    const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const path of manifest.directories) await mkdir(join(directory, path), { recursive: true });
    for (const { path, sha256 } of manifest.files) {
      await copyFile(join(backup, path), join(directory, path), constants.COPYFILE_FICLONE);
      const onBytes = (bytes: number) => onStage?.('restoring', (done += bytes), total);
      const copied = await sumOf(directory, path, { durable: true, onBytes });
      if (copied.sha256 !== sha256) throw new BackupRefused(`${path} was not copied as it is; look after the disk`);
    }
    for (const [key, text] of [[PARTS.masterKey, masterKey] as const, [PARTS.auditKey, auditKey] as const]) {
      const path = join(directory, key);
      if (text !== undefined) await writeFile(path, `${text}\n`, { mode: 0o600 });
      if (!existsSync(path)) continue;
      await chmod(path, 0o600);
      await sumOf(directory, key, { durable: true });
    }
  });
}
