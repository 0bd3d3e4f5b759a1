import { PGlite, types, type Results } from '@electric-sql/pglite';
import { type PostgresPool } from 'kysely';

type PoolClient = Awaited<ReturnType<PostgresPool['connect']>>;
type Query = PoolClient['query'];

/**
 * PGlite as the pool kysely expects: it has one session, which is handed out to one user at a time, so that nobody's
 * statement lands in somebody else's transaction.
 */
export async function openPglite(dataDir: string | undefined): Promise<PostgresPool> {
  const db = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    // As `pg` does: a bigint does not fit a JS number.
    parsers: { [types.INT8]: (value: string) => value },
  });
  let tail: Promise<void> = Promise.resolve();
  const query = async (text: string, parameters: unknown[]) => {
    const { rows, affectedRows }: Results = await db.query(text, parameters);
    return { command: affectedRows === undefined ? 'SELECT' : 'UPDATE', rowCount: affectedRows ?? rows.length, rows };
  };
  return {
    async connect() {
      const before = tail;
      let release!: () => void;
      tail = new Promise((resolve) => (release = resolve));
      await before;
      return { query: query as unknown as Query, release };
    },
    end: () => db.close(),
  };
}
