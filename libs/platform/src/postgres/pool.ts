import { type PostgresPool } from 'kysely';
import pg from 'pg';

/** A connection pool to a PostgreSQL server. */
export function openPool(connectionString: string, max: number): PostgresPool {
  const pool = new pg.Pool({ connectionString, max, application_name: 'paybill' });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
