import { sql } from 'kysely';
import { type Database } from '../postgres/database.js';
import { insertRows } from '../postgres/rows.js';

/** The table of {@link PersonalData}. */
export const KEY_TABLE = `create table if not exists public.personal_data_keys (
  subject text primary key, wrapped_key text, erased_at timestamptz,
  check ((wrapped_key is null) = (erased_at is not null)))`;

/** A subject's key, wrapped by the master key, or when it was destroyed. */
export interface KeyRow {
  readonly subject: string;
  readonly wrapped_key: string | null;
  /** ISO 8601. */
  readonly erased_at: string | null;
}

/** A moment of a database, for {@link keysSince}. */
export async function momentOf(db: Database): Promise<string> {
  const { rows } = await sql<{ moment: string }>`select pg_current_xact_id()::xid::text as moment`.execute(db.sql);
  return rows[0]!.moment;
}

/** The keys that were made or destroyed after a moment. */
export async function keysSince(db: Database, moment: string): Promise<KeyRow[]> {
  const { rows: found } = await sql<{ there: boolean }>`
    select to_regclass('public.personal_data_keys') is not null as there`.execute(db.sql);
  if (!found[0]!.there) return [];
  // Transactions are counted in a circle, so that only their distance from now can be compared.
  const { rows } = await sql<Omit<KeyRow, 'erased_at'> & { erased_at: Date | null }>`
    select subject, wrapped_key, erased_at from public.personal_data_keys
    where age(xmin) <= age(${moment}::xid)`.execute(db.sql);
  return rows.map(({ erased_at: erasedAt, ...row }) => ({ ...row, erased_at: erasedAt?.toISOString() ?? null }));
}

/** Puts keys into a database as {@link keysSince} gave them, in the place of those it has. */
export async function putKeys(db: Database, keys: readonly KeyRow[]): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    await sql.raw(KEY_TABLE).execute(tx);
    await insertRows(
      tx,
      'public.personal_data_keys',
      { subject: 'text', wrapped_key: 'text', erased_at: 'timestamptz' },
      keys,
      sql`on conflict (subject) do update set wrapped_key = excluded.wrapped_key, erased_at = excluded.erased_at`,
    );
  });
}
