import fc from 'fast-check';
import { sql } from 'kysely';
import { insertRows, isPassing, makeTables } from '#libs/platform';
import { testEngines, type TestDatabase, until } from '#testing/platform';

describe.each(await testEngines())('The read-model database on $name', (engine) => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await engine.create();
    await sql`create table t (id bigint primary key, amount numeric not null, at timestamptz)`.execute(test.db.sql);
  });
  afterAll(() => test.drop());

  const names = async () =>
    (await sql<{ id: string }>`select id from t order by id`.execute(test.db.sql)).rows.map(({ id }) => id);

  it('keeps every digit of an amount and of a position', async () => {
    await sql`insert into t select * from unnest(${['9007199254740993']}::bigint[], ${['12345678901234567890.10']}::numeric[],
      ${['2026-01-31T10:00:00.123Z']}::timestamptz[])`.execute(test.db.sql);
    const { rows } = await sql`select * from t`.execute(test.db.sql);
    expect(rows).toEqual([
      { id: '9007199254740993', amount: '12345678901234567890.10', at: new Date('2026-01-31T10:00:00.123Z') },
    ]);
  });

  it('rolls a failed transaction back without taking the statements of others with it', async () => {
    await sql`delete from t`.execute(test.db.sql);
    const outside: Promise<unknown>[] = [];
    const failing = test.db.sql.transaction().execute(async (tx) => {
      await sql`insert into t values (1, 1)`.execute(tx);
      outside.push(sql`insert into t values (2, 1)`.execute(test.db.sql));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await Promise.all(outside);
    expect(await names()).toEqual(['2']);
  });

  it('tells whoever uses a connection that it broke, and the process goes on', async () => {
    if (!test.url) return;
    const broken = test.db.sql.connection().execute(async (session) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
      await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(test.db.sql);
      await sql`select 1`.execute(session);
    });
    const error: unknown = await broken.catch((caught: unknown) => caught);
    expect(isPassing(error)).toBe(true);
    const one = () => sql`select 1 as one`.execute(test.db.sql);
    // The pool may hand the broken connection out once more before it knows.
    const { rows } = await one().catch((again: unknown) => (isPassing(again) ? one() : Promise.reject(again as Error)));
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('makes tables beside a transaction that writes them, in whatever order it does', async () => {
    if (!test.url) return;
    const ddl = ['first', 'second'].flatMap((name) => [
      `create table if not exists ${name} (id int)`,
      `create index if not exists ${name}_by_id on ${name} (id)`,
    ]);
    await makeTables(test.db, ddl);
    const waiting = async () =>
      (await sql`select from pg_locks where not granted and relation = 'second'::regclass`.execute(test.db.sql)).rows;
    let again: Promise<void> | undefined;
    await test.db.sql.transaction().execute(async (tx) => {
      await sql`insert into second values (1)`.execute(tx);
      again = makeTables(test.db, ddl);
      await until(async () => (await waiting()).length > 0);
      await sql`insert into first values (1)`.execute(tx);
    });
    await again;
    // Other databases of the server have locks of their own.
    const held = await sql`select from pg_locks join pg_database as d on d.oid = database
      where locktype = 'advisory' and d.datname = current_database()`.execute(test.db.sql);
    expect(held.rows).toEqual([]);
  });

  it('says how many rows a statement changed', async () => {
    await sql`delete from t`.execute(test.db.sql);
    await sql`insert into t values (1, 1), (2, 2), (3, 3)`.execute(test.db.sql);
    const { numAffectedRows } = await sql`update t set amount = 5 where id > 1`.execute(test.db.sql);
    expect(numAffectedRows).toBe(2n);
  });

  it('gives arrays back as they were written, whatever stands in their texts', async () => {
    await sql`create table a (id int, texts text[], amounts numeric[])`.execute(test.db.sql);
    // PostgreSQL has no text with a zero character in it.
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((any) => any.replaceAll('\0', '')),
      fc.constantFrom('', 'NULL', 'null', ' a', 'a ', '{a}', 'a,b', '"', '\\', '\\"', 'Tax Payable:US-PA'),
    );
    const amount = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((minor) => `${minor}.25`);
    const row = fc.record({ texts: fc.option(fc.array(text)), amounts: fc.option(fc.array(amount)) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (written) => {
        const rows = written.map((one, id) => ({ id, ...one }));
        await sql`truncate a`.execute(test.db.sql);
        const types = { id: 'int', texts: 'text[]', amounts: 'numeric[]' };
        await test.db.sql.transaction().execute((tx) => insertRows(tx, 'a', types, rows));
        const read = await sql`select id, texts, amounts::text[] as amounts from a order by id`.execute(test.db.sql);
        expect(read.rows).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});
