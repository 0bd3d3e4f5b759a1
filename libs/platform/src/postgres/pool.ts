import { type PostgresPool } from 'kysely';
import pg from 'pg';

/** A connection pool to a PostgreSQL server. */
export function openPool(connectionString: string, max: number): PostgresPool {
  const pool = new pg.Pool({ connectionString, max, application_name: 'paybill' });
  // A connection that breaks is replaced at the next query, and whoever was using it is told by that query; without a
  // listener it would end the process, idle or not.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
