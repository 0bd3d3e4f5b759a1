import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, looking again every few milliseconds. */
export async function till(condition: () => boolean | Promise<boolean>, withinMs = 8_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await delay(5);
  }
}
