import { sql } from 'kysely';
import { type BigIntStats } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Database } from './database.js';

/** What a file was like when it was last copied; undefined when it may have changed since without showing it. */
type Copied = Map<string, string | undefined>;

/** A file that was written this shortly before it was copied may be written again within the same tick of its clock. */
const SETTLED_NS = 2_000_000_000n;

/**
 * Copies the files of an embedded database while it is used, as they are at one moment: a database opened on the copy has
 * every transaction that had been committed then, and nothing else.
 *
 * Nearly everything is copied beside the statements that are carried out; then the one session is held while what has
 * changed meanwhile is copied once more. Statements wait for that long, and no longer.
 * @param options.from the directory that `db` is opened on
 * @param options.to a directory that is there and empty
 * @param options.onCopied told how many bytes each file had
 */
export async function copyEmbedded(
  db: Database,
  { from, to, onCopied = () => undefined }: { from: string; to: string; onCopied?: (bytes: number) => void },
): Promise<void> {
  const copied: Copied = new Map();
  await copyChanged(from, to, copied, onCopied);
  await db.sql.connection().execute(async (session) => {
    // What is in memory only is written, so that the copy needs little of the write-ahead log when it is opened.
    await sql`checkpoint`.execute(session);
    await copyChanged(from, to, copied, onCopied);
  });
}

async function copyChanged(from: string, to: string, copied: Copied, onCopied: (bytes: number) => void): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const there = new Set<string>();
  for (const entry of entries) {
    const name = relative(from, join(entry.parentPath, entry.name));
    there.add(name);
    // Empty directories belong to a database as much as files do.
    if (entry.isDirectory()) await mkdir(join(to, name), { recursive: true });
    else if (entry.isFile()) await copyOne(from, to, name, copied, onCopied);
  }
  for (const name of copied.keys()) if (!there.has(name)) await rm(join(to, name), { force: true });
}

async function copyOne(
  from: string,
  to: string,
  name: string,
  copied: Copied,
  onCopied: (bytes: number) => void,
): Promise<void> {
  try {
    const before = await stat(join(from, name), { bigint: true });
    const known = copied.get(name);
    if (known !== undefined && known === stamp(before)) return;
    await mkdir(join(to, name, '..'), { recursive: true });
    await copyFile(join(from, name), join(to, name));
    const settled = BigInt(Date.now()) * 1_000_000n - before.mtimeNs > SETTLED_NS;
    copied.set(name, settled ? stamp(before) : undefined);
    onCopied(Number(before.size));
  } catch (error) {
    // A file that a statement has just removed; the second time nobody removes any.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function stamp({ size, mtimeNs, ino }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`;
}
