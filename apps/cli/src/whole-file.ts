import { syncDirectory } from '#libs/platform';
import { rmSync } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WrongOption } from './options.js';

/** A file or directory that could not be written. */
export class NotWritten extends Error {
  override readonly name = 'NotWritten';
}

/**
 * Makes something under a temporary name beside its own, and gives it its own when it is whole and on disk: whatever
 * happens, there is never half of it under its name. What a kill leaves behind is called `<path>.<process>.partial`.
 * @throws NotWritten
 */
export async function whole<T>(path: string, make: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${path}.${process.pid}.partial`;
  const interrupted = (signal: NodeJS.Signals) => {
    rmSync(temporary, { recursive: true, force: true });
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    const made = await make(temporary);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return made;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw refused(path, error);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Puts a file in its place whole, or leaves the one that is there. @throws NotWritten */
export async function writeWhole(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await whole(path, async (temporary) => {
    const unfinished = await open(temporary, 'w', mode);
    try {
      await unfinished.writeFile(content);
      await unfinished.sync();
    } finally {
      await unfinished.close();
    }
  });
}

/** Refuses to write where something is already. @param force for a file: take its place */
export async function refuseOccupied(path: string, what: 'file' | 'directory', force: boolean): Promise<void> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refused(path, error);
  });
  if (!there) return;
  if (what === 'directory') {
    if (there.isDirectory() && (await readdir(path)).length === 0) return;
    throw new WrongOption(`--out: ${path} is there and no empty directory; name another, or empty it`);
  }
  if (!there.isFile()) throw new WrongOption(`--out: ${path} is no file`);
  if (!force) throw new WrongOption(`--out: ${path} is there already; name another file, or give --force`);
}

/** What the system says about a path; an error of any other kind stays what it is. */
function refused(path: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new NotWritten(`${path} cannot be written: ${SAID[code] ?? message}`, { cause: error });
}

const SAID: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'part of its path is no directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would become too large',
};
