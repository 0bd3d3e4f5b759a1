import { type Kysely, sql } from 'kysely';
import { type Database } from '#libs/platform';

/**
 * Which runs are under way, in whatever process. On PostgreSQL each has an advisory lock of one session, which ends with its
 * process, however that ends: so all processes tell alike which run is under way and which was interrupted. Courtesy, not the
 * fence: a session can break without its process noticing, and a run that two carry out does nothing twice.
 */
export class RunClaims {
  constructor(private readonly db: Database) {}

  /** Claims a run for this process. @returns what gives it back; undefined when it is under way already */
  async claim(run: string): Promise<(() => Promise<void>) | undefined> {
    // The embedded database has one session and one process, which knows its own runs.
    if (this.db.engine === 'pglite') return () => Promise.resolve();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    return new Promise((resolve, reject) => {
      const session = this.db.sql.connection().execute(async (connection) => {
        if (!(await tryLock(connection, run))) return resolve(undefined);
        resolve(() => {
          end();
          return session;
        });
        await ended;
        // A session that broke has lost its lock already.
        await sql`select pg_advisory_unlock(${keyOf(run)})`.execute(connection).catch(() => undefined);
      });
      session.catch(reject);
    });
  }

  /** Whether a run is under way in some process. */
  async isClaimed(run: string): Promise<boolean> {
    if (this.db.engine === 'pglite') return false;
    const { rows } = await sql<{ claimed: boolean }>`
      select exists (
        select from pg_locks
        where locktype = 'advisory' and objsubid = 1 and granted
          and database = (select oid from pg_database where datname = current_database())
          and (classid::bigint << 32 | objid::bigint) = ${keyOf(run)}
      ) as claimed`.execute(this.db.sql);
    return rows[0]?.claimed === true;
  }
}

async function tryLock(connection: Kysely<unknown>, run: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${keyOf(run)}) as locked`.execute(
    connection,
  );
  return rows[0]?.locked === true;
}

function keyOf(run: string) {
  return sql`hashtextextended(${`paybill run ${run}`}, 0)`;
}
