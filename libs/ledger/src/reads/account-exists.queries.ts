import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { accountUnknown } from './answers.js';

/** Tells an account with an empty list from one that does not exist. @throws Rejected */
export async function refuseUnknownAccount(db: Database, accountId: string): Promise<void> {
  const { rows } = await sql`select 1 from account_balances where account_id = ${accountId}::uuid`.execute(db.sql);
  if (rows.length === 0) throw accountUnknown();
}
