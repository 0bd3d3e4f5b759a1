import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process lives; one of another user does too. */
export function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Does something while no other process does it under the same lock file; waits for its turn. The lock of a process
 * that ended without giving it back is taken over.
 * @template T
 * @param {string} lock
 * @param {() => Promise<T>} action
 */
export async function alone(lock, action) {
  await mkdir(dirname(lock), { recursive: true });
  for (;;) {
    const mine = await writeFile(lock, `${process.pid}`, { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    if (mine) break;
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    // Empty while its holder is just writing it, or gone again.
    if (holder > 0 && !lives(holder)) await rm(lock, { force: true });
    else await delay(50);
  }
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}
