import { readFileSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Another living process holds the directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

const held = new Set<string>();

/**
 * Takes a directory for this process alone, by a file `lock` that names the process; a lock whose process is gone is
 * taken over. The embedded databases have no lock of their own and would silently lose rows to a second process.
 * @returns a function that gives the directory free again; the end of the process does so too.
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => void> {
  await mkdir(directory, { recursive: true });
  const path = join(resolve(directory), 'lock');
  if (held.has(path)) throw inUse(directory, process.pid);
  held.add(path);
  try {
    while (!(await create(path))) await removeStale(path, directory);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  const release = () => {
    process.off('exit', release);
    held.delete(path);
    rmSync(path, { force: true });
  };
  process.once('exit', release);
  return release;
}

async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, identity(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, directory: string): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => '');
  const pid = Number.parseInt(owner, 10);
  if (pid > 0 && pid !== process.pid && isAlive(pid) && identity(pid) === owner) throw inUse(directory, pid);
  // Moved aside before it is removed: had another process just taken the lock over, it would be its lock that moved.
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => owner);
  if (moved !== owner) {
    await rename(aside, path);
    throw inUse(directory, Number.parseInt(moved, 10));
  }
  await rm(aside, { force: true });
}

/** Process id and, where the system tells it, start time: an id alone may have been given to another process since. */
function identity(pid: number): string {
  let started = '';
  try {
    // Field 22 of /proc/<pid>/stat; the name in field 2 may hold blanks, so fields are counted from its closing bracket.
    started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    // Not Linux: the id must do.
  }
  return `${pid} ${started}\n`;
}

/** Whether a process with this id is at work. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function inUse(directory: string, pid: number): DirectoryInUse {
  return new DirectoryInUse(`${directory} is in use by process ${pid}; stop it or choose another directory`);
}
