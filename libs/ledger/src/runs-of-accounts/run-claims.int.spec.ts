import { sql } from 'kysely';
import { postgresEngine, type TestDatabase } from '#testing/platform';
import { RunClaims } from './run-claims.job.js';

describe.each(await postgresEngine())('Claims of runs on $name', (engine) => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await engine.create();
  });
  afterAll(() => test.drop());

  /** More than a pool has connections. */
  const runs = Array.from({ length: 25 }, (_, number) => `billing-run-${number}`);

  it('leave a process connections to work with, however many of its runs are under way', async () => {
    const here = new RunClaims(test.db);
    const unclaims = await Promise.all(runs.map((run) => here.claim(run)));
    await sql`select 1`.execute(test.db.sql);
    expect(await Promise.all(runs.map((run) => here.isClaimed(run)))).toEqual(runs.map(() => true));
    for (const unclaim of unclaims) await unclaim!();
    expect(await Promise.all(runs.map((run) => here.isClaimed(run)))).toEqual(runs.map(() => false));
  });

  it('are refused while another process has the run, and given when that gives it back', async () => {
    const [here, elsewhere] = [new RunClaims(test.db), new RunClaims(test.db)];
    const unclaim = await elsewhere.claim(runs[0]!);
    expect(await here.claim(runs[0]!)).toBeUndefined();
    const other = await here.claim(runs[1]!);
    await unclaim!();
    const again = await here.claim(runs[0]!);
    expect(again).toBeDefined();
    await Promise.all([other!(), again!()]);
  });

  it('are gone with the session they were held by, and can be had anew', async () => {
    const here = new RunClaims(test.db);
    const unclaim = await here.claim(runs[0]!);
    // So many milliseconds are waited for its end.
    await sql`select pg_terminate_backend(pid, 10000) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(
      test.db.sql,
    );
    expect(await here.isClaimed(runs[0]!)).toBe(false);
    const again = await here.claim(runs[1]!);
    expect(await here.isClaimed(runs[1]!)).toBe(true);
    await again!();
    await unclaim!();
    expect(await here.isClaimed(runs[1]!)).toBe(false);
  });
});
