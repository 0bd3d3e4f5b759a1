import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'node.lock';
const heldHere = new Set<string>();

/** Another node has this directory. */
class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/**
 * Takes the directory for this process and returns the function that gives it back. The file names the process and when
 * it started, so that a lock left behind by a killed process is recognised even when its process id is in use again.
 */
export function lockDirectory(directory: string): () => void {
  const path = realpathSync(directory);
  const file = join(path, LOCK_FILE);
  if (heldHere.has(path)) throw inUse(path, process.pid);
  const mine = identity(process.pid) ?? `${process.pid}`;
  try {
    writeFileSync(file, mine, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = readFileSync(file, 'utf8');
    const pid = Number.parseInt(holder, 10);
    if (holder !== mine && identity(pid) === holder) throw inUse(path, pid);
    writeFileSync(file, mine);
  }
  heldHere.add(path);
  return () => {
    heldHere.delete(path);
    rmSync(file, { force: true });
  };
}

const inUse = (path: string, pid: number): DirectoryInUse =>
  new DirectoryInUse(`The event store directory ${path} is in use by process ${pid}; two nodes cannot share it.`);

/** Process id and start time of a living process; where there is no /proc, the process id alone. */
function identity(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  return `${pid} ${startTime(pid)}`;
}

function startTime(pid: number): string {
  try {
    // The command name is in brackets and may contain spaces; the start time is the 20th field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '-';
  }
}
