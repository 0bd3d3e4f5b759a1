import { isAlive, syncDirectory } from '#libs/platform';
import { createHash } from 'node:crypto';
import { type Dirent } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { BackupRefused } from './refused.js';

/** A file of a backup: its path with slashes, its size, and the SHA-256 of its bytes in hex. */
export interface FileSum {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** lmdb keeps readers and the writer of a log apart by it, and makes it anew wherever it is missing. */
const NO_CONTENT = 'eventstore/lock.mdb';
const CHUNK = 1024 * 1024;

/** The files below a directory, sorted, with slashes. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => pathBelow(directory, entry))
    .filter((path) => path !== NO_CONTENT)
    .sort();
}

/** The directories below a directory, sorted, with slashes. */
export async function directoriesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => pathBelow(directory, entry))
    .sort();
}

function pathBelow(directory: string, { parentPath, name }: Dirent): string {
  return relative(directory, join(parentPath, name)).replaceAll('\\', '/');
}

/** How many bytes some files have together. */
export async function bytesOf(directory: string, paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(join(directory, path))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Sums up a file, and when `durable` sees to it that its bytes are on the disk.
 * @param onBytes told of every piece read
 */
export async function sumOf(
  directory: string,
  path: string,
  { durable = false, onBytes = () => undefined }: { durable?: boolean; onBytes?: (bytes: number) => void } = {},
): Promise<FileSum> {
  const file = await open(join(directory, path), durable ? 'r+' : 'r');
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      onBytes(bytesRead);
    }
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

/**
 * Builds a directory whole or not at all: beside its place, on disk, then renamed. What a killed process has left of
 * another try is removed first. @throws BackupRefused when the disk is full or may not be written
 */
export async function buildAside(path: string, build: (directory: string) => Promise<void>): Promise<void> {
  // However it was written, with a slash at its end: what is beside it has a name that begins with its own.
  const place = resolve(path);
  await removeLeftovers(place, UNFINISHED);
  const aside = `${place}${UNFINISHED}${process.pid}`;
  try {
    await build(aside);
    await syncDirectories(aside);
    await rename(aside, place);
    await syncDirectory(dirname(place));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw refusalOf(error, place);
  }
}

const UNFINISHED = '.unfinished-';

/** A directory beside another, for this process to open a copy in. What killed processes left of theirs is removed. */
export async function besides(path: string): Promise<string> {
  const place = resolve(path);
  await removeLeftovers(place, OPENED);
  return `${place}${OPENED}${process.pid}`;
}

const OPENED = '.opened-';

async function removeLeftovers(place: string, mark: string): Promise<void> {
  const prefix = `${basename(place)}${mark}`;
  for (const name of await readdir(dirname(place))) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : 0;
    // In a container every process may have the id of the one that was killed, and works on one of these at a time.
    if (pid > 0 && (pid === process.pid || !isAlive(pid)))
      await rm(join(dirname(place), name), { recursive: true, force: true });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EROFS: 'its file system is read-only',
};

function refusalOf(error: unknown, place: string): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined
    ? error
    : new BackupRefused(`${place} cannot be written: ${reason}; nothing is left of it`);
}

/** A file is found after a power cut only when its directory is on disk too. */
async function syncDirectories(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await syncDirectory(join(entry.parentPath, entry.name));
  }
  await syncDirectory(directory);
}
