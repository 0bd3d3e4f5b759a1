import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** How a process finds out about what it depends on; what it does without is left out. */
export interface ReadinessProbes {
  /** Position of the end of the log; throws when the event store cannot be reached. */
  readonly lastPosition?: () => Promise<bigint>;
  /** Where the projections stand; throws when the database cannot be reached. */
  readonly projections?: () => Promise<readonly ProjectionStanding[]>;
  /** Throws when Kafka cannot be reached. */
  readonly kafka?: () => Promise<unknown>;
  /** Where the relay or the consumers of this process stand; throws when what they keep that in cannot be reached. */
  readonly followers?: () => Promise<readonly FollowerStanding[]>;
  /** The last state of the log that was signed for auditors; undefined when none was yet. */
  readonly checkpoint?: () => Promise<CheckpointStanding | undefined>;
}

/** A signed state of the log. */
interface CheckpointStanding {
  /** Events it was signed over. */
  readonly size: number;
  /** ISO 8601. */
  readonly signedAt: string;
}

/** How whoever follows the log, or a topic made from it, stands. */
export interface FollowerStanding {
  readonly name: string;
  /** In the log, for one that reads the log. */
  readonly position?: bigint;
  /** Messages of the topic it has not received yet, for one that reads a topic. */
  readonly lagMessages?: number;
  /** Messages or deliveries that wait for a person. */
  readonly parked?: number;
  /** What it waits for, when it does. */
  readonly waitingFor?: string | undefined;
}

interface ProjectionStanding {
  readonly name: string;
  readonly version: number;
  readonly position: bigint;
  /** Events applied since the version was begun. */
  readonly events: bigint;
  readonly updatedAt: Date;
  readonly error: string | null;
}

const Reachable = z.object({ reachable: z.boolean() });

const lagBytes = z.string().optional().meta({ description: 'Bytes of log it has not passed yet' });
const lagSeconds = z.number().optional().meta({ description: 'For how long it has been seen behind' });

/** Whether the process can do its work, and how far what follows the log has come. */
export const ReadinessReport = z
  .object({
    ready: z.boolean().meta({ description: 'The process can do its work' }),
    degraded: z.boolean().meta({
      description:
        'A projection stands still, something is further behind the log than it may be, a follower waits, or something is parked: look before it grows old',
    }),
    eventStore: Reachable.extend({
      position: z.string().optional().meta({ description: 'End of the log, a position in bytes' }),
    }).optional(),
    database: Reachable.optional(),
    kafka: Reachable.optional(),
    projections: z.array(
      z.object({
        name: z.string(),
        version: z.int(),
        position: z.string(),
        events: z.string().meta({ description: 'Events applied since the version was begun' }),
        lagBytes,
        lagSeconds,
        updatedAt: z.iso.datetime(),
        error: z.string().nullable().meta({ description: 'Why it stands still, naming the event' }),
      }),
    ),
    followers: z
      .array(
        z.object({
          name: z.string(),
          position: z.string().optional(),
          lagBytes,
          lagSeconds,
          lagMessages: z.int().optional().meta({ description: 'Messages of the topic it has not received yet' }),
          parked: z.int().optional().meta({ description: 'What it could not handle and a person has to look at' }),
          waitingFor: z.string().optional(),
        }),
      )
      .meta({ description: 'The relay and the consumers of this process' }),
    checkpoint: z
      .object({
        size: z.int(),
        signedAt: z.iso.datetime(),
        ageSeconds: z.number().meta({ description: 'Since it was signed' }),
      })
      .optional()
      .meta({ description: 'The last state of the log that was signed for auditors' }),
  })
  .meta({ id: 'Readiness' });
export type ReadinessReport = z.output<typeof ReadinessReport>;

const PATIENCE_MS = 2_000;

/** Answers whether the process is ready, within a bounded time whatever hangs. */
export class Readiness {
  /** Since when a projection has been behind which position: how its lag in seconds is known without reading the log. */
  readonly #behind = new Map<string, { position: bigint; since: number }>();

  /** @param lagLimitSeconds so long something may be behind the log before the process counts as degraded */
  constructor(
    private readonly probes: ReadinessProbes,
    private readonly lagLimitSeconds: number,
  ) {}

  async check(): Promise<ReadinessReport> {
    const { probes } = this;
    const [end, standings, kafka, followers, checkpoint] = await Promise.all([
      attempt(() => probes.lastPosition?.()),
      attempt(() => probes.projections?.()),
      attempt(() => probes.kafka?.().then(() => true)),
      attempt(() => probes.followers?.()),
      attempt(() => probes.checkpoint?.()),
    ]);
    const projections = (standings ?? []).map(({ name, version, position, events, updatedAt, error }) => ({
      name,
      version,
      position: String(position),
      events: String(events),
      ...this.#lag(`${name} ${version}`, position, end),
      updatedAt: updatedAt.toISOString(),
      error,
    }));
    const following = (followers ?? []).map(({ position, ...follower }) => ({
      ...follower,
      ...(position !== undefined && { position: String(position), ...this.#lag(follower.name, position, end) }),
    }));
    const answered = (probe: unknown, answer: unknown) => probe === undefined || answer !== undefined;
    return {
      // What stands still is no reason to take every API process out of service: payments need none of it.
      ready:
        answered(probes.lastPosition, end) &&
        answered(probes.projections, standings) &&
        answered(probes.kafka, kafka) &&
        answered(probes.followers, followers) &&
        (probes.projections === undefined || projections.length > 0),
      degraded:
        projections.some(({ error, lagSeconds = 0 }) => error !== null || lagSeconds > this.lagLimitSeconds) ||
        following.some(({ lagSeconds = 0 }) => lagSeconds > this.lagLimitSeconds) ||
        following.some(({ waitingFor, parked = 0 }) => waitingFor !== undefined || parked > 0),
      ...(probes.lastPosition && {
        eventStore: end === undefined ? { reachable: false } : { reachable: true, position: String(end) },
      }),
      ...(probes.projections && { database: { reachable: standings !== undefined } }),
      ...(probes.kafka && { kafka: { reachable: kafka !== undefined } }),
      projections,
      followers: following,
      ...(checkpoint && { checkpoint: withAge(checkpoint) }),
    };
  }

  #lag(key: string, position: bigint, end: bigint | undefined): { lagBytes?: string; lagSeconds?: number } {
    if (end === undefined) return {};
    const now = performance.now();
    const seen = this.#behind.get(key);
    // Having passed what it was behind, a projection is only behind what has come since.
    const mark = seen && position < seen.position ? seen : { position: end, since: now };
    this.#behind.set(key, mark);
    const lag = end > position ? end - position : 0n;
    return { lagBytes: String(lag), lagSeconds: lag === 0n ? 0 : Math.round(now - mark.since) / 1000 };
  }
}

function withAge({ size, signedAt }: CheckpointStanding): NonNullable<ReadinessReport['checkpoint']> {
  return { size, signedAt, ageSeconds: Math.max(0, Math.round((Date.now() - Date.parse(signedAt)) / 1000)) };
}

/** The outcome of a probe, or undefined when it fails or takes too long. */
async function attempt<Result>(probe: () => Promise<Result> | undefined): Promise<Result | undefined> {
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
