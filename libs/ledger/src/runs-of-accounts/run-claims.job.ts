import { type Kysely, sql } from 'kysely';
import { type Database } from '#libs/platform';

/** A connection that is kept for as long as somebody has claimed a run by it. */
interface Session {
  readonly connection: Kysely<unknown>;
  end(): Promise<void>;
}

/**
 * Which runs are under way, in whatever process. On PostgreSQL each has an advisory lock, which ends with its
 * process, however that ends: so all processes tell alike which run is under way and which was interrupted. Courtesy, not the
 * fence: a session can break without its process noticing, and a run that two carry out does nothing twice. All of a process
 * are held by one session: a connection for each would leave the runs none to work with.
 */
export class RunClaims {
  #session: Promise<Session> | undefined;
  #claims = 0;

  constructor(private readonly db: Database) {}

  /** Claims a run for this process. @returns what gives it back; undefined when it is under way in another */
  async claim(run: string): Promise<(() => Promise<void>) | undefined> {
    // The embedded database has one session and one process, which knows its own runs.
    if (this.db.engine === 'pglite') return () => Promise.resolve();
    this.#claims += 1;
    try {
      return await this.#lock(run).catch(() => this.#lock(run));
    } finally {
      await this.#leave();
    }
  }

  /** Of a session that broke the locks are gone: the next try has another. */
  async #lock(run: string): Promise<(() => Promise<void>) | undefined> {
    const session = (this.#session ??= openSession(this.db));
    try {
      const { connection } = await session;
      if (!(await tryLock(connection, run))) return undefined;
      this.#claims += 1;
      return () => this.#giveBack(connection, run);
    } catch (error) {
      if (this.#session === session) this.#session = undefined;
      await session.then((broken) => broken.end()).catch(() => undefined);
      throw error;
    }
  }

  async #giveBack(connection: Kysely<unknown>, run: string): Promise<void> {
    // A session that broke has lost its lock already.
    await sql`select pg_advisory_unlock(${keyOf(run)})`.execute(connection).catch(() => undefined);
    await this.#leave();
  }

  async #leave(): Promise<void> {
    this.#claims -= 1;
    if (this.#claims > 0) return;
    const session = await this.#session;
    // Somebody may have come meanwhile.
    if (this.#claims > 0) return;
    this.#session = undefined;
    await session?.end();
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

function openSession(db: Database): Promise<Session> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return new Promise((resolve, reject) => {
    const kept = db.sql.connection().execute(async (connection) => {
      resolve({
        connection,
        end: () => {
          end();
          return kept;
        },
      });
      await ended;
      // A connection that goes back to the pool, whole or broken, holds nothing of ours.
      await sql`select pg_advisory_unlock_all()`.execute(connection).catch(() => undefined);
    });
    kept.catch(reject);
  });
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
