import { LogFile } from '#libs/eventstore-node';
import { copyEmbedded, openDatabase, putKeys } from '#libs/platform';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { buildAside, bytesOf, directoriesBelow, filesBelow, sumOf } from './files.js';
import { type Manifest, MANIFEST, PARTS } from './manifest.js';
import { BackupRefused } from './refused.js';

/** Told how far a stage of the work is, in bytes. */
export type OnStage = (stage: string, done: number, total: number) => void;

interface TakeOptions {
  /** The data directory. */
  readonly data: string;
  /** The directory to make; what is above it is there. */
  readonly to: string;
  readonly withMasterKey: boolean;
  readonly withAuditKey: boolean;
  /** Of the log's checkpoints, the signer's first; for the manifest. */
  readonly verifierKeys: readonly string[];
  /** Version of Paybill, for the manifest. */
  readonly paybill: string;
  readonly now: Date;
  /** Copies the embedded database into an empty directory; undefined when there is none. */
  readonly copyDatabase: ((to: string) => Promise<void>) | undefined;
  /** Adds to that copy what the copy of the log needs of it, once the log is copied too. */
  readonly completeDatabase?: (copy: string) => Promise<void>;
  /** Looks at the finished backup before it gets its name, and throws when it is not good. */
  readonly check?: (directory: string) => Promise<void>;
  readonly onStage?: OnStage;
}

/**
 * Takes a backup of a data directory, whole or not at all. The database comes first and the log after it: whatever the
 * database has seen of the log is then in the copy of the log too. Keys of personal data made in between are added last.
 * @throws BackupRefused
 */
export async function takeBackup(options: TakeOptions): Promise<Manifest> {
  const { data, to, copyDatabase, completeDatabase, check } = options;
  const place = await requirePlace(data, to);
  const keys = keysToCopy(options);
  let manifest: Manifest | undefined;
  await buildAside(place, async (directory) => {
    // Keys of personal data are in it, wrapped; names and addresses are sealed.
    await mkdir(directory, { mode: 0o700 });
    if (copyDatabase) {
      await mkdir(join(directory, PARTS.database));
      await copyDatabase(join(directory, PARTS.database));
    }
    const log = await copyLog(logOf(data), join(directory, PARTS.log));
    await completeDatabase?.(join(directory, PARTS.database));
    for (const key of keys) {
      await copyFile(join(data, key), join(directory, key));
      await chmod(join(directory, key), 0o600);
    }
    manifest = await describe(directory, log, options);
    await check?.(directory);
  });
  return manifest!;
}

/** The names of the secret files that are wanted too. @throws BackupRefused when one is not there */
function keysToCopy({ data, withMasterKey, withAuditKey }: TakeOptions): string[] {
  const keys = [...(withMasterKey ? [PARTS.masterKey] : []), ...(withAuditKey ? [PARTS.auditKey] : [])];
  for (const key of keys) {
    const path = join(data, key);
    if (!existsSync(path)) throw new BackupRefused(`--with-${key.replace('.', '-')}: there is no ${path}`);
  }
  return keys;
}

async function copyLog(from: string, to: string): Promise<Manifest['log']> {
  const log = new LogFile(from);
  try {
    await log.copyTo(to);
  } finally {
    await log.close();
  }
  const copy = new LogFile(to);
  try {
    return { position: String(copy.lastPosition), events: copy.count };
  } finally {
    await copy.close();
  }
}

async function describe(
  directory: string,
  log: Manifest['log'],
  { paybill, now, withMasterKey, withAuditKey, verifierKeys, copyDatabase, onStage }: TakeOptions,
): Promise<Manifest> {
  const paths = await filesBelow(directory);
  const total = await bytesOf(directory, paths);
  let done = 0;
  const onBytes = (bytes: number) => onStage?.('summing up', (done += bytes), total);
  const files: Manifest['files'] = [];
  for (const path of paths) files.push(await sumOf(directory, path, { durable: true, onBytes }));
  const manifest: Manifest = {
    format: 'paybill-backup-1',
    createdAt: now.toISOString(),
    paybill,
    log,
    database: copyDatabase !== undefined,
    masterKey: withMasterKey,
    auditKey: withAuditKey,
    verifierKeys: [...verifierKeys],
    directories: await directoriesBelow(directory),
    files,
  };
  await writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await sumOf(directory, MANIFEST, { durable: true });
  return manifest;
}

/** Where the log of a data directory is; of a node that runs alone, the directory is the log's own. */
function logOf(data: string): string {
  const log = [join(data, PARTS.log), data].find((directory) => existsSync(join(directory, 'data.mdb')));
  if (log === undefined) throw new BackupRefused(`${data} holds no Paybill`);
  return log;
}

/** Where the backup goes, with all links resolved. */
async function requirePlace(data: string, to: string): Promise<string> {
  logOf(data);
  const above = await realpath(dirname(resolve(to))).catch(() => {
    throw new BackupRefused(`there is no directory ${dirname(resolve(to))} to put the backup into`);
  });
  const place = join(above, basename(resolve(to)));
  const source = await realpath(data);
  if (place === source || place.startsWith(source + sep)) {
    throw new BackupRefused(`${to} is inside ${data}; a backup belongs somewhere else, best on another disk`);
  }
  await requireEmpty(place, 'name a directory that does not exist yet');
  return place;
}

/** @throws BackupRefused when there is something in the way */
export async function requireEmpty(place: string, advice: string): Promise<void> {
  if (!existsSync(place)) return;
  const names = await readdir(place).catch(() => ['it is no directory']);
  if (names.length > 0) throw new BackupRefused(`${place} is there already and not empty; ${advice}`);
}

/** Copies the database of a data directory that no Paybill is running on; its lock is the caller's. */
export async function copyClosedDatabase(data: string, to: string): Promise<void> {
  const from = join(data, PARTS.database);
  const db = await openDatabase({ dataDir: from });
  try {
    await copyEmbedded(db, { from, to });
  } finally {
    await db.close();
  }
}

/** Puts keys of personal data that were made later into the copy of a database. @param from a file a running Paybill wrote */
export async function addLaterKeys(copy: string, from: string): Promise<void> {
  const keys = KeyRows.parse(JSON.parse(await readFile(from, 'utf8')));
  const db = await openDatabase({ dataDir: copy });
  try {
    await putKeys(db, keys);
  } finally {
    await db.close();
  }
}

const KeyRows = z.array(
  z.object({ subject: z.string(), wrapped_key: z.string().nullable(), erased_at: z.string().nullable() }),
);

/** Whether a data directory has an embedded database. */
export function hasDatabase(data: string): boolean {
  return existsSync(join(data, PARTS.database, 'PG_VERSION'));
}
