import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type VersionState } from './versions.js';

/** How a version of a projection stands, as the database knows it: also true when its runner is another process, or is down. */
export interface ProjectionStanding {
  readonly name: string;
  readonly version: number;
  readonly state: VersionState;
  readonly code: string;
  /** When another last took its place; null when it never was in service, or is. */
  readonly retiredAt: Date | null;
  readonly createdAt: Date;
  readonly writers: number;
  /** Up to where all of its writers have applied the log. */
  readonly position: bigint;
  /** Events applied since the version was begun. */
  readonly events: bigint;
  readonly updatedAt: Date;
  /** Why it stands still, naming the event, when it does. */
  readonly error: string | null;
  readonly errorPosition: bigint | null;
}

type Row = Omit<ProjectionStanding, 'position' | 'events' | 'errorPosition'> & {
  readonly position: string;
  readonly events: string;
  readonly errorPosition: string | null;
};

/** All versions of all projections, the latest first. */
export async function projectionStandings(db: Database): Promise<ProjectionStanding[]> {
  const { rows } = await sql<Row>`
    select v.name, v.version, v.state, v.code, v.retired_at as "retiredAt", v.created_at as "createdAt",
      count(*)::int as writers, min(c.position) as position, sum(c.events) as events, max(c.updated_at) as "updatedAt",
      max(c.error) as error, max(c.error_position) as "errorPosition"
    from projection_versions as v join projection_checkpoints as c on c.name = v.name and c.version = v.version
    group by v.name, v.version order by v.name, v.version desc`.execute(db.sql);
  return rows.map((row) => ({
    ...row,
    position: BigInt(row.position),
    events: BigInt(row.events),
    errorPosition: row.errorPosition === null ? null : BigInt(row.errorPosition),
  }));
}

/** The versions in service. */
export async function shownStandings(db: Database): Promise<ProjectionStanding[]> {
  return (await projectionStandings(db)).filter(({ state }) => state === 'active' || state === 'closing');
}
