import { openDatabase, type Database } from '#libs/platform';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyPglite } from './empty-pglite.js';
import { containerPostgres, localPostgres } from './real-postgres.js';
import { realServer, skipped } from './real-server.js';

/** An empty database for one test, and how to reach it from another process. */
export interface TestDatabase {
  readonly db: Database;
  /** Only a server has one; PGlite lives in the process. */
  readonly url?: string;
  drop(): Promise<void>;
}

/** Creates empty databases on one engine. */
export interface TestEngine {
  readonly name: 'pglite' | 'postgres';
  create(): Promise<TestDatabase>;
}

/** An empty PGlite, for tests to which no other engine is of interest. */
export async function embeddedDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'paybill-pglite-'));
  const dataDir = join(directory, 'data');
  await emptyPglite(dataDir);
  const db = await openDatabase({ dataDir });
  return {
    db,
    async drop() {
      await db.close();
      await rm(directory, { recursive: true });
    },
  };
}

/**
 * The engines a test file runs on, for `describe.each(await testEngines())`: PGlite, which is always there, and
 * PostgreSQL where {@link realServer} finds one. The server is stopped after the file's tests.
 */
export async function testEngines(): Promise<TestEngine[]> {
  return [{ name: 'pglite', create: embeddedDatabase }, ...(await postgresEngine())];
}

/** PostgreSQL alone, for tests that need a server other processes can reach; empty (and reported) where there is none. */
export async function postgresEngine(): Promise<TestEngine[]> {
  const server = await realServer('TEST_DATABASE_URL', [containerPostgres, localPostgres]);
  if (typeof server === 'string') {
    skipped('PostgreSQL', server);
    return [];
  }
  afterAll(() => server.stop());
  return [{ name: 'postgres', create: () => createDatabase(server.url) }];
}

async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = await openDatabase({ url: serverUrl, poolSize: 1 });
  await sql`create database ${sql.id(name)}`.execute(admin.sql);
  const url = new URL(serverUrl);
  url.pathname = name;
  const db = await openDatabase({ url: url.href, poolSize: 5 });
  return {
    db,
    url: url.href,
    async drop() {
      await db.close();
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin.sql);
      await admin.close();
    },
  };
}
