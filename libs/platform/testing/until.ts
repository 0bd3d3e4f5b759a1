import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until something holds. It looks again every few milliseconds: looking without a pause would take a core from what it
 * waits for.
 */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}
