import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** Injection token of the {@link ReadinessProbes} of a process. */
export const READINESS_PROBES = Symbol('READINESS_PROBES');

/** How a process finds out about what it depends on. */
export interface ReadinessProbes {
  /** Position of the end of the log; throws when the event store cannot be reached. */
  lastPosition(): Promise<bigint>;
  /** Where the projections stand; throws when the database cannot be reached. */
  projections(): Promise<readonly ProjectionStanding[]>;
}

interface ProjectionStanding {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
  readonly updatedAt: Date;
  readonly error: string | null;
}

const Reachable = z.object({ reachable: z.boolean() });

/** Whether the process can do its work, and how far the read models are. */
export const ReadinessReport = z
  .object({
    ready: z.boolean().meta({ description: 'Commands can be taken and reads answered' }),
    degraded: z.boolean().meta({ description: 'A projection stands still: what is read grows old until it is mended' }),
    eventStore: Reachable.extend({
      position: z.string().optional().meta({ description: 'End of the log, a position in bytes' }),
    }),
    database: Reachable,
    projections: z.array(
      z.object({
        name: z.string(),
        version: z.int(),
        position: z.string(),
        lagBytes: z.string().optional().meta({ description: 'Bytes of log the projection has not passed yet' }),
        lagSeconds: z.number().optional().meta({ description: 'For how long it has been seen behind' }),
        updatedAt: z.iso.datetime(),
        error: z.string().nullable().meta({ description: 'Why it stands still, naming the event' }),
      }),
    ),
  })
  .meta({ id: 'Readiness' });
export type ReadinessReport = z.output<typeof ReadinessReport>;

const PATIENCE_MS = 2_000;

/** Answers whether the process is ready, within a bounded time whatever hangs. */
export class Readiness {
  /** Since when a projection has been behind which position: how its lag in seconds is known without reading the log. */
  readonly #behind = new Map<string, { position: bigint; since: number }>();

  constructor(private readonly probes: ReadinessProbes) {}

  async check(): Promise<ReadinessReport> {
    const [end, standings] = await Promise.all([
      attempt(() => this.probes.lastPosition()),
      attempt(() => this.probes.projections()),
    ]);
    const projections = (standings ?? []).map(({ name, version, position, updatedAt, error }) => ({
      name,
      version,
      position: String(position),
      ...(end === undefined ? {} : this.#lag(`${name} ${version}`, position, end)),
      updatedAt: updatedAt.toISOString(),
      error,
    }));
    return {
      // A projection that stands still is no reason to take every API process out of service: payments need none.
      ready: end !== undefined && standings !== undefined && projections.length > 0,
      degraded: projections.some(({ error }) => error !== null),
      eventStore: end === undefined ? { reachable: false } : { reachable: true, position: String(end) },
      database: { reachable: standings !== undefined },
      projections,
    };
  }

  #lag(key: string, position: bigint, end: bigint): { lagBytes: string; lagSeconds: number } {
    const now = performance.now();
    const seen = this.#behind.get(key);
    // Having passed what it was behind, a projection is only behind what has come since.
    const mark = seen && position < seen.position ? seen : { position: end, since: now };
    this.#behind.set(key, mark);
    const lag = end > position ? end - position : 0n;
    return { lagBytes: String(lag), lagSeconds: lag === 0n ? 0 : Math.round(now - mark.since) / 1000 };
  }
}

/** The outcome of a probe, or undefined when it fails or takes too long. */
async function attempt<Result>(probe: () => Promise<Result>): Promise<Result | undefined> {
  const enough = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: enough.signal, ref: false }).catch(() => undefined);
  try {
    return await Promise.race([probe(), late]);
  } catch {
    return undefined;
  } finally {
    enough.abort();
  }
}
