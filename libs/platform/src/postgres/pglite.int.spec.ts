import { existsSync, mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '#libs/platform';
import { emptyPglite } from '#testing/platform';

describe('The embedded database in a directory', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'paybill-pglite-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is there again, with its rows, when it is opened a second time', async () => {
    const dataDir = join(directory, 'read-models');
    // What a kill in the middle of the first start leaves behind is not taken for a database.
    mkdirSync(`${dataDir}.new`);
    writeFileSync(join(`${dataDir}.new`, 'PG_VERSION'), '');
    for (const expected of [1, 2]) {
      const db = await openDatabase({ dataDir });
      await sql`create table if not exists t (id int)`.execute(db.sql);
      await sql`insert into t values (1)`.execute(db.sql);
      expect((await sql`select * from t`.execute(db.sql)).rows).toHaveLength(expected);
      await db.close();
    }
    expect(existsSync(`${dataDir}.new`)).toBe(false);
  }, 60_000);

  it('is closed, with its thread, also when nothing was ever asked of it', async () => {
    const before = process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length;
    const dataDir = join(directory, 'read-models');
    await emptyPglite(dataDir);
    const db = await openDatabase({ dataDir });
    await db.close();
    const after = process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length;
    expect(after).toBe(before);
  }, 60_000);
});
