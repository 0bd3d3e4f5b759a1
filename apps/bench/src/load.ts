import { setTimeout as delay } from 'node:timers/promises';

/** Does `count` pieces of work with so many in flight: as soon as one ends, the next begins. */
export async function closedLoop(
  { inFlight, count }: { inFlight: number; count: number },
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

/**
 * Begins work at fixed times, whatever became of the work before, and measures each from the time it should have begun:
 * a server that stalls is charged for all who would have come meanwhile (no coordinated omission).
 * @returns milliseconds, one for each.
 */
export async function openLoop(
  { perSecond, seconds }: { perSecond: number; seconds: number },
  work: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const count = perSecond * seconds;
  const between = 1000 / perSecond;
  const started = performance.now();
  const latencies: number[] = [];
  const begun: Promise<void>[] = [];
  while (begun.length < count) {
    for (const due = performance.now() - started; begun.length < count && begun.length * between <= due;) {
      const index = begun.length;
      const scheduled = started + index * between;
      begun.push(work(index).then(() => void (latencies[index] = performance.now() - scheduled)));
    }
    await delay(1);
  }
  await Promise.all(begun);
  return latencies;
}
