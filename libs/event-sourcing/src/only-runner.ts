import { type Kysely, sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database } from '#libs/platform';

const ASK_AGAIN_MS = 500;

/** Something that one process does at a time: its advisory lock, and what others say while they wait for it. */
interface OnlyOne {
  readonly lock: number;
  readonly elsewhere: string;
}

/**
 * Does work in one process at a time: on PostgreSQL a second one stands by and takes over when the first ends, however it
 * ends. Courtesy, not the fence: a session can break without its process noticing, so the work itself must bear a second.
 */
export async function asOnlyRunner(
  db: Database,
  { lock, elsewhere }: OnlyOne,
  signal: AbortSignal,
  waiting: (reason: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  // The embedded database has one session and one process.
  if (db.engine === 'pglite') return work();
  await db.sql.connection().execute(async (session) => {
    while (!(await tryLock(session, lock))) {
      waiting(elsewhere);
      await delay(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    try {
      await work();
    } finally {
      // A session that broke has lost its lock already.
      await sql`select pg_advisory_unlock(${lock}::bigint)`.execute(session).catch(() => undefined);
    }
  });
}

async function tryLock(session: Kysely<unknown>, lock: number): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${lock}::bigint) as locked`.execute(
    session,
  );
  return rows[0]?.locked === true;
}
