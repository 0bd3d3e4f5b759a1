import { type Database, isOutdated, Problem } from '#libs/platform';
import { type EventStore } from '../event-store.js';
import { cancelJob, type Job, latestJobs, requestJob } from './jobs.js';
import { type AnyProjection } from './projection.js';
import { type ProjectionStanding, projectionStandings } from './projection-standings.js';
import { adopt, drop, versionsOf } from './versions.js';

/** A version with how far it is behind the log. */
interface VersionView extends Omit<ProjectionStanding, 'name' | 'code'> {
  /** Whether this build's code wrote it. */
  readonly sameCode: boolean;
  readonly lagBytes: bigint;
}

/** A projection with all of its versions, the latest first, and its latest job. */
export interface ProjectionView {
  readonly name: string;
  readonly versions: readonly VersionView[];
  /** When the first event was recorded that the version in service has not applied; null when there is none. */
  readonly behindSince: string | null;
  readonly job: Job | null;
}

interface RebuildOptions {
  readonly writers: number;
  readonly acceptDifferences: boolean;
}

/** What operators see of projections, and do about them. Whoever runs them carries it out. */
export class Projections {
  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly projections: readonly AnyProjection[],
  ) {}

  /** @throws Problem PROJECTIONS_NOT_INSTALLED */
  async list(): Promise<ProjectionView[]> {
    const [standings, jobs, end] = await Promise.all([
      projectionStandings(this.db).catch(notInstalled),
      latestJobs(this.db).catch(notInstalled),
      this.store.lastPosition(),
    ]);
    return Promise.all(
      this.projections.map(async (projection) => {
        const { name } = projection;
        const { code } = projection;
        const versions = standings
          .filter((standing) => standing.name === name)
          .map(({ name: _, code: written, ...standing }) => ({
            ...standing,
            sameCode: written === code,
            lagBytes: end > standing.position ? end - standing.position : 0n,
          }));
        const shown = versions.find(isShown);
        return {
          name,
          versions,
          behindSince: shown && shown.lagBytes > 0n ? await this.#firstAfter(shown.position, projection) : null,
          job: jobs.find((job) => job.name === name) ?? null,
        };
      }),
    );
  }

  /** @throws Problem PROJECTIONS_NOT_INSTALLED | PROJECTION_UNKNOWN */
  async one(name: string): Promise<ProjectionView> {
    const found = (await this.list()).find((projection) => projection.name === name);
    if (!found) throw unknown(this.projections);
    return found;
  }

  /**
   * Asks for the projection to be built anew by this build's code. What the latest job left unfinished is gone on with.
   * @throws Problem PROJECTIONS_NOT_INSTALLED | PROJECTION_UNKNOWN | PROJECTION_BUSY
   */
  async rebuild(name: string, options: RebuildOptions, requestedBy: string): Promise<ProjectionView> {
    const { versions, job } = await this.one(name);
    const begun = versions.find(({ version }) => version === job?.version);
    const goesOn = begun?.state === 'building' && begun.sameCode && job?.kind === 'rebuild';
    await this.#request(name, {
      ...{ kind: 'rebuild', version: goesOn ? begun.version : null },
      ...{ ...options, asItStood: false, requestedBy },
    });
    return this.one(name);
  }

  /**
   * Asks for the version before to be put in service again, brought up to date first.
   * @param asItStood without bringing it up to date: the only way when other code wrote it
   * @throws Problem PROJECTIONS_NOT_INSTALLED | PROJECTION_UNKNOWN | PROJECTION_BUSY | NO_VERSION_BEFORE | PROJECTION_CODE_DIFFERS
   */
  async rollback(name: string, asItStood: boolean, requestedBy: string): Promise<ProjectionView> {
    const { versions } = await this.one(name);
    const [before] = versions
      .filter(({ retiredAt }) => retiredAt !== null)
      .sort((one, other) => Number(other.retiredAt) - Number(one.retiredAt));
    if (!before) {
      throw new Problem(409, 'NO_VERSION_BEFORE', 'there is no version that was in service before; rebuild one');
    }
    if (!before.sameCode && !asItStood) {
      throw new Problem(
        409,
        'PROJECTION_CODE_DIFFERS',
        `version ${before.version} was written by other code than this build’s and cannot be brought up to date by it; start the ` +
          'build that wrote it, or go back to it as it stood',
      );
    }
    await this.#request(name, {
      ...{ kind: 'rollback', version: before.version, writers: 1 },
      ...{ acceptDifferences: false, asItStood, requestedBy },
    });
    return this.one(name);
  }

  /**
   * Says that this build's code makes the same rows as the one that wrote the version in service.
   * @throws Problem PROJECTIONS_NOT_INSTALLED | PROJECTION_UNKNOWN
   */
  async adopt(name: string): Promise<ProjectionView> {
    const { versions } = await this.one(name);
    const shown = versions.find(isShown);
    const { code } = this.projections.find((projection) => projection.name === name)!;
    if (shown) await adopt(this.db, { name, version: shown.version }, code);
    return this.one(name);
  }

  /** @throws Problem PROJECTIONS_NOT_INSTALLED | PROJECTION_UNKNOWN | NO_JOB */
  async cancel(name: string): Promise<ProjectionView> {
    await this.one(name);
    if (!(await cancelJob(this.db, name)))
      throw new Problem(409, 'NO_JOB', 'nothing is being done with this projection');
    return this.one(name);
  }

  /** Drops all versions that are neither in service nor being built. @returns which. @throws Problem PROJECTIONS_NOT_INSTALLED */
  async prune(): Promise<{ name: string; version: number }[]> {
    const dropped: { name: string; version: number }[] = [];
    for (const { name } of this.projections) {
      for (const { version } of await versionsOf(this.db, name).catch(notInstalled)) {
        const wasDropped = await this.db.sql.transaction().execute((tx) => drop(tx, { name, version }));
        if (wasDropped) dropped.push({ name, version });
      }
    }
    return dropped;
  }

  async #request(name: string, request: Omit<Parameters<typeof requestJob>[1], 'name' | 'code'>): Promise<void> {
    const { code } = this.projections.find((projection) => projection.name === name)!;
    if (await requestJob(this.db, { ...request, name, code })) return;
    throw new Problem(
      409,
      'PROJECTION_BUSY',
      'this projection is being rebuilt or rolled back; wait for it, or cancel it',
    );
  }

  async #firstAfter(after: bigint, { category }: AnyProjection): Promise<string | null> {
    const enough = new AbortController();
    try {
      const subscription = this.store.subscribe({ after, categories: [category], signal: enough.signal });
      for await (const messages of subscription) {
        for (const message of messages) {
          if (message.kind === 'event') return message.event.metadata.recordedAt;
          if (message.kind === 'caught-up') return null;
        }
      }
      return null;
    } finally {
      enough.abort();
    }
  }
}

function isShown({ state }: Pick<ProjectionStanding, 'state'>): boolean {
  return state === 'active' || state === 'closing';
}

/** The tables are made by whoever runs the projections, and by nobody else. */
function notInstalled(error: unknown): never {
  if (!isOutdated(error)) throw error;
  throw new Problem(
    503,
    'PROJECTIONS_NOT_INSTALLED',
    'the database has no tables of this build’s projections yet; start what runs them (the projector, or paybill start), ' +
      'which makes them, and ask again',
    { retryAfterSeconds: 5 },
  );
}

function unknown(projections: readonly AnyProjection[]): Problem {
  const names = projections.map(({ name }) => name).join(', ');
  return new Problem(404, 'PROJECTION_UNKNOWN', `there is no such projection; there are ${names}`);
}
