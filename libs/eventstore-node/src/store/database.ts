import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';

/**
 * `overlappingSync` would answer before the data is on disk. The whole file mapped into memory would count as memory of
 * the process: mapped in small chunks, of which lmdb keeps about 8,000, it stays below 150 MB whatever the log's size.
 */
const OPTIONS = {
  noSubdir: false,
  overlappingSync: false,
  noReadAhead: true,
  remapChunks: true,
  pageSize: 1024,
  cache: false,
  encoding: 'binary',
  keyEncoding: 'binary',
  maxDbs: 4,
} as const;

/** For reading beside a node. Copied is what is mapped into memory, and in chunks never all of it is. */
export const READ_ONLY = { ...OPTIONS, remapChunks: false, readOnly: true } as const;

/** Where lmdb's file says what it is, and what it says there. */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;

/** Opens the database of a directory. When that fails, the directory is given back. */
export function openDatabase(directory: string, giveBack: () => void): RootDatabase<Buffer, Buffer> {
  try {
    requireDatabase(join(directory, 'data.mdb'));
    return open<Buffer, Buffer>(directory, OPTIONS);
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** lmdb crashes the process on a file that is none of its own. */
export function requireDatabase(path: string): void {
  if (!existsSync(path)) return;
  const header = Buffer.alloc(MAGIC_AT + 4);
  const file = openSync(path, 'r');
  const length = readSync(file, header, 0, header.length, 0);
  closeSync(file);
  // lmdb creates the file empty before it fills it.
  if (length > 0 && header.readUInt32LE(MAGIC_AT) !== MAGIC)
    throw new Error(`${path} is not the file of an event store.`);
}
