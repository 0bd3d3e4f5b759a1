import { PGlite, types, type Results } from '@electric-sql/pglite';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type PostgresPool } from 'kysely';

type PoolClient = Awaited<ReturnType<PostgresPool['connect']>>;
type Query = PoolClient['query'];

/**
 * PGlite as the pool kysely expects: it has one session, which is handed out to one user at a time, so that nobody's
 * statement lands in somebody else's transaction.
 */
export async function openPglite(dataDir: string | undefined): Promise<PostgresPool> {
  if (dataDir !== undefined && !existsSync(join(dataDir, 'PG_VERSION'))) await initialise(dataDir);
  const db = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    // Memory is what an embedded database has to be modest with; the system's page cache stands behind these buffers.
    postgresqlconf: ['shared_buffers = 64MB', 'max_wal_size = 256MB'],
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

/**
 * Makes an empty database, whole or not at all, in a process of its own: what initialising takes, half a gigabyte, would
 * otherwise stay with this process for good.
 */
async function initialise(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const script = `const { PGlite } = await import(process.argv[1]);
    const db = await PGlite.create({ dataDir: process.argv[2] });
    await db.close();`;
  const pglite = pathToFileURL(createRequire(import.meta.url).resolve('@electric-sql/pglite')).href;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, pglite, unfinished]);
  await rm(dataDir, { recursive: true, force: true });
  await rename(unfinished, dataDir);
}
