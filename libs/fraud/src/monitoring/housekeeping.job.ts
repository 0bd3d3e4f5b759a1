import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { DAY } from '../rules/duration.js';
import { type RuleSet } from '../rules/rule-set.js';
import { monitoringOf } from './monitoring.js';

/** Rows of activity are some hundred bytes to some kilobytes each. */
const MOST_KEYS = 5_000_000;

/**
 * Forgets accounts, tokens and channels about which nothing is remembered that a rule could still look at, measured by the
 * latest moment anything counts; and when there are more than may be, those that were quiet for longest.
 * @returns how many were forgotten.
 */
export async function forgetQuietKeys(db: Database, rules: RuleSet, mostKeys = MOST_KEYS): Promise<number> {
  const longest = Math.max(...monitoringOf(rules).plans.map(({ bounds }) => bounds.window));
  const days = Math.ceil(longest / DAY) + 1;
  const old = await sql`
    delete from fraud.activity
    where latest < (select max(latest) from fraud.activity) - make_interval(days => ${days}::int)
      and updated_at < now() - interval '1 day'`.execute(db.sql);
  const many = await sql`
    delete from fraud.activity where key in (
      select key from fraud.activity order by updated_at desc, key offset ${mostKeys})`.execute(db.sql);
  return Number((old.numAffectedRows ?? 0n) + (many.numAffectedRows ?? 0n));
}
