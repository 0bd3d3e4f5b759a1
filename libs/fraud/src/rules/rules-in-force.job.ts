import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type RulesStanding } from './rules-file.job.js';

/** Tells other processes which rules are in force, and why a newer file was not taken. */
export async function noteRules(db: Database, { path, rules, written, since, refused }: RulesStanding): Promise<void> {
  await sql`
    insert into fraud.rules_in_force (path, version, rules, since, refused, refused_at)
    values (${path}, ${rules.version}, ${JSON.stringify(written)}::jsonb, ${since.toISOString()}::timestamptz,
      ${refused?.reason ?? null}::text, ${refused?.at.toISOString() ?? null}::timestamptz)
    on conflict (single) do update set path = excluded.path, version = excluded.version, rules = excluded.rules,
      since = excluded.since, refused = excluded.refused, refused_at = excluded.refused_at`.execute(db.sql);
}
