import { sql } from 'kysely';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { type Database } from './database.js';

/**
 * Creates what is missing in the database, one after the other with all others who make tables. Each statement stands
 * alone: `create index if not exists` locks its table though the index is there, and one transaction over several such
 * locks would wait for those who write these tables in another order, as they wait for it.
 * @param statements each of which does nothing when what it makes is there.
 */
export async function makeTables(db: Database, statements: readonly string[]): Promise<void> {
  const lock = sql`${ADVISORY_LOCKS.tables}::bigint`;
  await db.sql.connection().execute(async (session) => {
    await sql`select pg_advisory_lock(${lock})`.execute(session);
    try {
      for (const statement of statements) await sql.raw(statement).execute(session);
    } finally {
      // A session that has broken has let go of it.
      await sql`select pg_advisory_unlock(${lock})`.execute(session).catch(() => undefined);
    }
  });
}
