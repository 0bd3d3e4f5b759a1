import { localPostgres } from '#testing/platform';
import { type Database, openDatabase } from '#libs/platform';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';

/** A PostgreSQL server that benches may fill. */
export interface BenchServer {
  /** Works in an empty database, which is gone afterwards; `url` is for other processes. */
  inDatabase<Result>(work: (db: Database, url: string) => Promise<Result>): Promise<Result>;
}

/** Works with the server that DATABASE_URL names, else with one started from local binaries, else without. */
export async function withPostgres<Result>(
  work: (server: BenchServer | undefined) => Promise<Result>,
): Promise<Result> {
  const url = process.env['DATABASE_URL'];
  const server = url ? { url, stop: () => Promise.resolve() } : await localPostgres();
  if (typeof server === 'string') {
    console.error(`… without PostgreSQL: ${server}`);
    return work(undefined);
  }
  try {
    return await work({ inDatabase: (inside) => inDatabase(server.url, inside) });
  } finally {
    await server.stop();
  }
}

async function inDatabase<Result>(
  serverUrl: string,
  work: (db: Database, url: string) => Promise<Result>,
): Promise<Result> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await using admin = await openDatabase({ url: serverUrl, poolSize: 1 });
  await sql`create database ${sql.id(name)}`.execute(admin.sql);
  try {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    await using db = await openDatabase({ url: url.href });
    return await work(db, url.href);
  } finally {
    await sql`drop database ${sql.id(name)} with (force)`.execute(admin.sql);
  }
}
