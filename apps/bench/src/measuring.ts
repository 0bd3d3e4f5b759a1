/** How often everything is measured. The median of three is not moved by one disturbance. */
export const ROUNDS = 3;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that is not exceeded by a share of all of them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/**
 * Medians of several measurements taken in turn, a b, b a, a b, so that whatever the machine does meanwhile befalls all of
 * them alike, and none always comes after the same other.
 */
export async function interleaved<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  rounds = ROUNDS,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const measured = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      measured.get(name)!.push(await contenders[name]());
    }
  }
  return Object.fromEntries([...measured].map(([name, values]) => [name, median(values)])) as Record<Name, number>;
}

/** How many of something were done in a second. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  return count / (await seconds(work));
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
