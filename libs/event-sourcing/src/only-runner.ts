import { type Kysely, sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database } from '#libs/platform';

const LOCK = 7264224;
const ASK_AGAIN_MS = 500;

/**
 * Runs projections in one process at a time: on PostgreSQL a second one stands by and takes over when the first ends,
 * however it ends. Courtesy, not the fence: what keeps two writers apart is the epoch of every checkpoint.
 */
export async function asOnlyRunner(
  db: Database,
  signal: AbortSignal,
  waiting: (reason: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  // The embedded database has one session and one process.
  if (db.engine === 'pglite') return work();
  await db.sql.connection().execute(async (session) => {
    while (!(await tryLock(session))) {
      waiting('another process runs the projections');
      await delay(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    try {
      await work();
    } finally {
      // A session that broke has lost its lock already.
      await sql`select pg_advisory_unlock(${LOCK}::bigint)`.execute(session).catch(() => undefined);
    }
  });
}

async function tryLock(session: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${LOCK}::bigint) as locked`.execute(
    session,
  );
  return rows[0]?.locked === true;
}
