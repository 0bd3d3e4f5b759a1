import { sql } from 'kysely';
import { type Database } from '#libs/platform';

/** Leaves a database as it was made: an embedded one takes seconds to begin with. */
export async function dropProjections(db: Database): Promise<void> {
  const { rows: schemas } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname = 'public' or nspname ~ '_v[0-9]+$'`.execute(db.sql);
  for (const { name } of schemas) await sql`drop schema ${sql.id(name)} cascade`.execute(db.sql);
  await sql`create schema public`.execute(db.sql);
}
