import { type Kysely, sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type VersionId } from './versions.js';

/**
 * Which versions this process alone writes. On PostgreSQL each is an advisory lock of one session, so that a second
 * process stands by and takes over when the first ends, however it ends. Courtesy, not the fence: a session can break
 * without its process noticing, so writing itself must bear a second; that is what the epoch of a checkpoint is for.
 */
export class VersionLocks {
  readonly #held = new Map<string, Promise<boolean>>();

  private constructor(private readonly session: Kysely<unknown> | undefined) {}

  /** Gives the locks for as long as `work` takes. */
  static async during(db: Database, work: (locks: VersionLocks) => Promise<void>): Promise<void> {
    // The embedded database has one session and one process.
    if (db.engine === 'pglite') return work(new VersionLocks(undefined));
    await db.sql.connection().execute(async (session) => {
      const locks = new VersionLocks(session);
      try {
        await work(locks);
      } finally {
        // A session that broke has lost its locks already.
        await sql`select pg_advisory_unlock_all()`.execute(session).catch(() => undefined);
      }
    });
  }

  /** Whether the version is this process's to write, now or already. */
  async hold({ name, version }: VersionId): Promise<boolean> {
    const { session } = this;
    if (session === undefined) return true;
    const key = keyOf(name, version);
    // Asked for twice it would have to be released twice.
    const asked = this.#held.get(key) ?? lock(session, key);
    this.#held.set(key, asked);
    const isHeld = await asked.catch((error: unknown) => {
      this.#held.delete(key);
      throw error;
    });
    if (!isHeld) this.#held.delete(key);
    return isHeld;
  }

  /** Leaves a version to another process. */
  async release({ name, version }: VersionId): Promise<void> {
    const key = keyOf(name, version);
    if (this.session === undefined || !this.#held.delete(key)) return;
    await sql`select pg_advisory_unlock(hashtextextended(${key}, 0))`.execute(this.session);
  }
}

async function lock(session: Kysely<unknown>, key: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(hashtextextended(${key}, 0)) as locked`.execute(session);
  return rows[0]?.locked === true;
}

function keyOf(name: string, version: number): string {
  return `paybill projection ${name} ${version}`;
}
