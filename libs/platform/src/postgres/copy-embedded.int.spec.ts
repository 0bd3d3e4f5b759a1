import { sql } from 'kysely';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyEmbedded, type Database, openDatabase } from '#libs/platform';
import { emptyPglite } from '#testing/platform';

describe('A copy of an embedded database in use', () => {
  let directory: string;
  let db: Database;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paybill-copy-'));
    await emptyPglite(join(directory, 'original'));
    db = await openDatabase({ dataDir: join(directory, 'original') });
    await sql`create table entries (id int primary key, amount bigint not null)`.execute(db.sql);
    await sql`create table totals (entries int not null, amount bigint not null)`.execute(db.sql);
    await sql`insert into totals values (0, 0)`.execute(db.sql);
  }, 60_000);
  afterEach(async () => {
    await db.close();
    await rm(directory, { recursive: true });
  });

  /** Each transaction adds an entry and moves the totals, so that half a transaction would show. */
  async function enter(id: number): Promise<void> {
    await db.sql.transaction().execute(async (tx) => {
      await sql`insert into entries values (${id}, ${id})`.execute(tx);
      await sql`update totals set entries = entries + 1, amount = amount + ${id}`.execute(tx);
    });
  }

  async function entered(database: Database) {
    const { rows } = await sql<{ entries: number; amount: string; total: number; sum: string }>`
      select t.entries, t.amount, count(e.id)::int as total, coalesce(sum(e.amount), 0)::bigint as sum
      from totals t left join entries e on true group by 1, 2`.execute(database.sql);
    return rows[0]!;
  }

  it('has what was committed before it was asked for, whole transactions only, while they go on being made', async () => {
    let entering = true;
    let count = 0;
    const writing = (async () => {
      while (entering) await enter(++count);
    })();
    for (const name of ['first', 'second', 'third']) {
      const atLeast = count + 20;
      while (count < atLeast) await new Promise(setImmediate);
      const to = join(directory, name);
      await mkdir(to);
      const committed = count - 1;
      let bytes = 0;
      await copyEmbedded(db, { from: join(directory, 'original'), to, onCopied: (more) => (bytes += more) });
      const copy = await openDatabase({ dataDir: to });
      const { entries, amount, total, sum } = await entered(copy);
      await copy.close();
      expect(entries).toBeGreaterThanOrEqual(committed);
      expect([total, sum]).toEqual([entries, amount]);
      expect(BigInt(sum)).toBe((BigInt(entries) * BigInt(entries + 1)) / 2n);
      expect(bytes).toBeGreaterThan(1_000_000);
    }
    entering = false;
    await writing;
    expect((await entered(db)).entries).toBe(count);
  }, 120_000);
});
