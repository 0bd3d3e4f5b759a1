import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely';
import { mkdir } from 'node:fs/promises';
import { openPglite } from './pglite.js';
import { openPool } from './pool.js';

/**
 * PostgreSQL, served by a server or embedded (PGlite). Both speak the same SQL and answer in the same shapes: `numeric`
 * and `bigint` as strings, `timestamptz` as Date.
 */
export interface Database<Tables = unknown> extends AsyncDisposable {
  readonly engine: 'postgres' | 'pglite';
  readonly sql: Kysely<Tables>;
  close(): Promise<void>;
}

/** Injection token of the process's {@link Database}. */
export const DATABASE = Symbol('DATABASE');

export type Tx<Tables = unknown> = Transaction<Tables>;

/**
 * Opens the read-model database.
 * @param options.url `postgres://` URL; without it PGlite is used.
 * @param options.dataDir directory of the embedded database; in memory when that is absent too.
 * @param options.poolSize connections to a server; PGlite has one session.
 */
export async function openDatabase<Tables = unknown>(options: {
  url?: string | undefined;
  dataDir?: string | undefined;
  poolSize?: number;
}): Promise<Database<Tables>> {
  if (options.dataDir) await mkdir(options.dataDir, { recursive: true });
  const pool: PostgresPool = options.url
    ? openPool(options.url, options.poolSize ?? 10)
    : await openPglite(options.dataDir);
  let ended: Promise<void> | undefined;
  const end = () => (ended ??= pool.end());
  const sql = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: () => pool.connect(), end } }),
  });
  const close = async () => {
    await sql.destroy();
    // Kysely leaves a pool alone that it has never asked for a connection.
    await end();
  };
  return { engine: options.url ? 'postgres' : 'pglite', sql, close, [Symbol.asyncDispose]: close };
}
