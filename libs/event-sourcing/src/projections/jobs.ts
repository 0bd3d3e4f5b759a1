import { sql } from 'kysely';
import { type Logger } from 'pino';
import { type Database, type Tx } from '#libs/platform';
import { type TableComparison } from './comparison.js';

/**
 * How far a job is. `waiting`: for a process with its code to take it. `building`: the version is being made, or brought up to
 * the one in service. Then `comparing` the two, and `switching`: the one in service is written no more, and the other is
 * about to take its place. It ends as `done`; as `differs`, when the versions have different rows and nobody has accepted
 * that; as `failed`, for the reason in `error`; or `cancelled`.
 */
type JobPhase = 'waiting' | 'building' | 'comparing' | 'switching' | 'done' | 'differs' | 'failed' | 'cancelled';

/** Building a version anew, or going back to the one before. The latest of each projection is kept. */
export interface Job {
  /** Of this job alone: one that is asked for after it was cancelled is another. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'rebuild' | 'rollback';
  readonly phase: JobPhase;
  /** The version that is to be in service; null before it is begun. */
  readonly version: number | null;
  /** The code that is to write it: a process with other code leaves the job alone. */
  readonly code: string;
  readonly writers: number;
  readonly acceptDifferences: boolean;
  /** Go back to the version before as it stood when it was left, without bringing it up to date. */
  readonly asItStood: boolean;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  /** What it is at within its phase. */
  readonly note: string | null;
  readonly error: string | null;
  readonly comparison: readonly TableComparison[] | null;
}

/** What a job is asked for with. */
export type JobRequest = Pick<
  Job,
  'name' | 'kind' | 'version' | 'code' | 'writers' | 'acceptDifferences' | 'asItStood' | 'requestedBy'
>;

/** The job was cancelled, or another has taken its place. */
export class JobEnded extends Error {
  override readonly name = 'JobEnded';
}

const OPEN = sql.raw(`('waiting', 'building', 'comparing', 'switching')`);

const COLUMNS = sql.raw(`id, name, kind, phase, version, code, writers, accept_differences as "acceptDifferences",
  as_it_stood as "asItStood", requested_by as "requestedBy", requested_at as "requestedAt",
  finished_at as "finishedAt", note, error, comparison`);

/** Writes down a job for whichever process runs the projection. @returns false when one is under way. */
export async function requestJob(db: Database, request: JobRequest): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into projection_jobs as j (name, kind, phase, version, code, writers, accept_differences, as_it_stood, requested_by)
    values (${request.name}, ${request.kind}, 'waiting', ${request.version}, ${request.code}, ${request.writers},
      ${request.acceptDifferences}, ${request.asItStood}, ${request.requestedBy})
    on conflict (name) do update set id = excluded.id, kind = excluded.kind, phase = excluded.phase, version = excluded.version,
      code = excluded.code, writers = excluded.writers, accept_differences = excluded.accept_differences,
      as_it_stood = excluded.as_it_stood, requested_by = excluded.requested_by, requested_at = now(),
      finished_at = null, note = null, error = null, comparison = null
    where j.phase not in ${OPEN}`.execute(db.sql);
  return numAffectedRows === 1n;
}

/** Ends a job before it is done; the version in service is written again. @returns false when none is under way. */
export async function cancelJob(db: Database, name: string): Promise<boolean> {
  return db.sql.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`update projection_jobs set phase = 'cancelled', finished_at = now()
      where name = ${name} and phase in ${OPEN}`.execute(tx);
    if (numAffectedRows !== 1n) return false;
    await writeAgain(tx, name);
    return true;
  });
}

/** Ends a job that cannot be done; the version in service is written again. @throws JobEnded */
export async function failJob(db: Database, job: Job, error: string): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    await noteJob(tx, job, { phase: 'failed', error });
    await writeAgain(tx, job.name);
  });
}

/** A version that another was about to take the place of stays in service. */
async function writeAgain(tx: Tx, name: string): Promise<void> {
  await sql`update projection_versions set state = 'active' where name = ${name} and state = 'closing'`.execute(tx);
}

/** The latest job of each projection. */
export async function latestJobs(db: Database): Promise<Job[]> {
  return (await sql<Job>`select ${COLUMNS} from projection_jobs`.execute(db.sql)).rows;
}

/** Jobs that somebody has to do. */
export async function openJobs(db: Database): Promise<Job[]> {
  return (await sql<Job>`select ${COLUMNS} from projection_jobs where phase in ${OPEN}`.execute(db.sql)).rows;
}

type Change = Partial<Pick<Job, 'phase' | 'note' | 'error' | 'comparison'>> & { readonly version?: number };

/** Notes how far a job is. @throws JobEnded when it is not to go on */
export async function noteJob(tx: Tx | Database['sql'], { id, name }: Job, change: Change): Promise<void> {
  const { phase = null, version = null, note = null, error = null, comparison } = change;
  const ends = phase !== null && ['done', 'differs', 'failed'].includes(phase);
  const { numAffectedRows } = await sql`
    update projection_jobs set phase = coalesce(${phase}, phase), version = coalesce(${version}::int, version),
      note = ${note}, error = ${error}, comparison = coalesce(${comparison ? JSON.stringify(comparison) : null}::json, comparison),
      finished_at = case when ${ends} then now() end
    where name = ${name} and id = ${id}::uuid and phase in ${OPEN}`.execute(tx);
  if (numAffectedRows !== 1n) throw new JobEnded(`the job on ${name} was cancelled`);
}

/** Says in the log of a process how a job it carried out has ended. */
export function tellOfJob(log: Logger, { kind, name }: Job, error: Error | undefined): void {
  if (error) log.error({ projection: name, reason: error.message }, `${kind} of a projection failed`);
  else log.info({ projection: name }, `${kind} of a projection has ended`);
}
