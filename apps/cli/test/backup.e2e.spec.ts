import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandLine } from './command-line.js';

interface Ready {
  degraded: boolean;
  eventStore: { position: string };
  projections: { name: string; error: string | null; position: string }[];
  followers: { name: string; waitingFor?: string }[];
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('paybill backup and restore', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close(), 60_000);

  const at = (name: string) => join(line.directory, name);

  async function post(url: string, path: string, key: string, body: object): Promise<Record<string, string>> {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, string>;
  }

  const open = async (url: string, key: string) =>
    (await post(url, '/accounts', key, { currency: 'USD' }))['accountId']!;
  const pay = (url: string, account: string, key: string) =>
    post(url, `/accounts/${account}/payments`, key, {
      ...{ amount: { amount: '10.00', currency: 'USD' }, channel: 'online', method: { kind: 'cash' } },
    });

  const get = async <Answer>(url: string, path: string) => (await (await fetch(new URL(path, url))).json()) as Answer;

  /** What the read models say once they are at the end of the log. */
  async function books(url: string): Promise<unknown> {
    for (;;) {
      const { eventStore, projections } = await get<Ready>(url, '/ready');
      const ledger = projections.find(({ name }) => name === 'ledger');
      if (ledger && BigInt(ledger.position) >= BigInt(eventStore.position)) break;
      await turn();
    }
    const asked = ['/journal/trial-balance', '/totals?currency=USD'];
    return Promise.all(asked.map((path) => get(url, path)));
  }

  async function good(backup: string): Promise<{ log: { events: number; position: string }; masterKey: boolean }> {
    const { code, out } = await line.paybill(['backup', 'verify', at(backup), '--json']);
    const verified = JSON.parse(out) as {
      good: boolean;
      log: { events: number; position: string };
      masterKey: boolean;
    };
    expect({ code, good: verified.good }).toEqual({ code: 0, good: true });
    return verified;
  }

  it('takes one moment while sixteen clients pay; restored, it has what was paid before, and its books are those of a fresh replay', async () => {
    const url = await line.standalone();
    const accounts = await Promise.all(Array.from({ length: 16 }, (_, index) => open(url, `open-${index}`)));
    let paying = true;
    let paid = 0;
    const payers = accounts.map(async (account, index) => {
      for (let count = 0; paying; count++, paid++) await pay(url, account, `pay-${index}-${count}`);
    });
    while (paid < 64) await turn();
    const before = paid;
    const taken = await line.paybill(['backup', '--to', at('one'), '--with-master-key']);
    const after = paid;
    paying = false;
    await Promise.all(payers);
    expect(taken.err).not.toContain('error');
    expect(taken).toMatchObject({ code: 0 });
    expect(after).toBeGreaterThan(before);
    expect(await readdir(join(line.data, 'backups'))).toEqual([]);
    const { masterKey } = await good('one');
    expect(masterKey).toBe(true);

    const restored = await line.paybill(['restore', at('one'), '--data', at('restored')]);
    expect(restored).toMatchObject({ code: 0 });
    expect((await stat(join(at('restored'), 'master.key'))).mode & 0o777).toBe(0o600);
    const again = await line.standalone({ PAYBILL_DATA: at('restored') });
    const [, totals] = (await books(again)) as [unknown, { payments: { count: number } }];
    expect(totals.payments.count).toBeGreaterThanOrEqual(before);
    expect(totals.payments.count).toBeLessThanOrEqual(paid);
    const { degraded } = await get<Ready>(again, '/ready');
    expect(degraded).toBe(false);
    // The same log alone: everything has to be built from its beginning.
    await cp(join(at('one'), 'eventstore'), join(at('fresh'), 'eventstore'), { recursive: true });
    const fresh = await line.standalone({ PAYBILL_DATA: at('fresh') });
    expect(await books(again)).toEqual(await books(fresh));
  }, 300_000);

  it('is refused where it would go wrong, in one sentence, and leaves nothing behind', async () => {
    await mkdir(at('nothing'));
    expect(await line.paybill(['backup', '--to', at('b'), '--data', at('nothing')])).toMatchObject({
      ...{ code: 1, out: '', err: `error: ${at('nothing')} holds no Paybill\n` },
    });
    await line.standalone();
    await writeFile(at('file'), '');
    const refused: [string[], number, string][] = [
      [['backup'], 2, '--to: name the directory to make'],
      [['backup', '--to', join(line.data, 'b')], 1, `is inside ${line.data}`],
      [['backup', '--to', join(at('none'), 'b')], 1, `there is no directory ${at('none')}`],
      [['backup', '--to', at('file')], 1, 'is there already'],
      [['backup', 'verify', at('nothing')], 1, 'is no backup'],
      [['restore', at('nothing'), '--data', at('r')], 1, 'is no backup'],
    ];
    for (const [args, exitCode, sentence] of refused) {
      const { code, err } = await line.paybill(args);
      expect(err).toContain(sentence);
      expect(err).not.toMatch(/^ +at /m);
      expect(code).toBe(exitCode);
    }
    expect(await line.paybill(['backup', '--to', at('good')])).toMatchObject({ code: 0 });
    const again: [string[], number, string][] = [
      [['backup', '--to', at('good')], 1, 'is there already and not empty'],
      [['restore', at('good'), '--data', at('r')], 2, 'the backup has no master key'],
      [['restore', at('good'), '--data', at('r'), '--master-key', at('file')], 2, 'holds no key'],
      [['restore', at('good'), '--data', line.data, '--without-master-key'], 1, 'is there already and not empty'],
    ];
    for (const [args, exitCode, sentence] of again) {
      const { code, err } = await line.paybill(args);
      expect(err).toContain(sentence);
      expect(code).toBe(exitCode);
    }
    expect((await readdir(line.directory)).sort()).toEqual(['data', 'file', 'good', 'nothing']);
  }, 240_000);

  it('names what is wrong with a backup that was changed, and restores none of it', async () => {
    const url = await line.standalone();
    const account = await open(url, 'open');
    await line.paybill(['backup', '--to', at('early')]);
    for (let count = 0; count < 3; count++) await pay(url, account, `pay-${count}`);
    await books(url);
    await line.paybill(['backup', '--to', at('late')]);

    /** The faults of a copy of a backup that something was done to. */
    async function faultsOf(change: (backup: string) => Promise<unknown>): Promise<[string, string][]> {
      const copy = at('changed');
      await rm(copy, { recursive: true, force: true });
      await cp(at('late'), copy, { recursive: true });
      await change(copy);
      const { out, code } = await line.paybill(['backup', 'verify', copy, '--json']);
      expect(code).toBe(1);
      const { faults } = JSON.parse(out) as { faults: { where: string; reason: string }[] };
      const restored = await line.paybill(['restore', copy, '--data', at('r'), '--without-master-key']);
      expect(restored.err).toContain('is not good');
      expect(existsSync(at('r'))).toBe(false);
      return faults.map(({ where, reason }) => [where, reason]);
    }

    /** Gives a file of a backup other bytes, and the manifest the sum of these: only what is in it can tell then. */
    async function forge(backup: string, path: string, from: string): Promise<void> {
      await cp(join(from, path), join(backup, path));
      const manifest = async (directory: string) =>
        JSON.parse(await readFile(join(directory, 'backup.json'), 'utf8')) as {
          log: object;
          files: { path: string }[];
        };
      const [theirs, mine] = [await manifest(from), await manifest(backup)];
      const file = theirs.files.find((one) => one.path === path)!;
      mine.files = mine.files.map((one) => (one.path === path ? file : one));
      await writeFile(join(backup, 'backup.json'), JSON.stringify({ ...mine, log: theirs.log }));
    }

    expect(await faultsOf((copy) => appendFile(join(copy, 'eventstore/data.mdb'), 'x'))).toEqual([
      ['eventstore/data.mdb', expect.stringMatching(/^has \d+ bytes and had \d+$/)],
    ]);
    expect(await faultsOf((copy) => rm(join(copy, 'read-models/PG_VERSION')))).toEqual([
      ['read-models/PG_VERSION', 'the file is missing'],
    ]);
    expect(await faultsOf((copy) => writeFile(join(copy, 'more'), ''))).toEqual([
      ['more', 'the file is no part of the backup'],
    ]);
    expect(
      await faultsOf(async (copy) => {
        const log = join(copy, 'eventstore/data.mdb');
        const bytes = await readFile(log);
        bytes.write('99.00', bytes.lastIndexOf('10.00'));
        await writeFile(log, bytes);
      }),
    ).toEqual([['eventstore/data.mdb', 'its bytes are not those it had']]);
    // With a sum that fits, the event itself tells.
    expect(
      await faultsOf(async (copy) => {
        const path = join(copy, 'eventstore/data.mdb');
        const bytes = await readFile(path);
        bytes.write('99.00', bytes.lastIndexOf('"10.00"') + 1);
        await writeFile(path, bytes);
        const manifest = await readFile(join(copy, 'backup.json'), 'utf8');
        const sum = createHash('sha256').update(bytes).digest('hex');
        const [, old] = /eventstore\/data\.mdb",\s+"bytes": \d+,\s+"sha256": "(\w+)"/.exec(manifest)!;
        await writeFile(join(copy, 'backup.json'), manifest.replace(old!, sum));
      }),
    ).toContainEqual([expect.stringMatching(/^account-\S+ revision \d$/), 'the content does not match its hash']);
    // A database with a log from before it.
    const ahead = await faultsOf((copy) => forge(copy, 'eventstore/data.mdb', at('early')));
    expect(ahead).toContainEqual([
      expect.stringMatching(/^ledger_v\d+$/),
      expect.stringMatching(/^has seen account-\S+ revision 3 \(\S+\), which is not in the log$/),
    ]);
    expect(ahead.map(([where]) => where)).toContain('notifications');
  }, 300_000);

  it('stands still on a log that was restored from an older backup without its database, and says what to do', async () => {
    const url = await line.standalone();
    const account = await open(url, 'open');
    await line.paybill(['backup', '--to', at('early')]);
    await pay(url, account, 'pay');
    await books(url);
    await line.paybill(['backup', '--to', at('late'), '--with-master-key']);
    await line.paybill(['restore', at('late'), '--data', at('mixed')]);
    await rm(join(at('mixed'), 'eventstore'), { recursive: true });
    await cp(join(at('early'), 'eventstore'), join(at('mixed'), 'eventstore'), { recursive: true });
    const mixed = await line.standalone({ PAYBILL_DATA: at('mixed') });
    let ready = await get<Ready>(mixed, '/ready');
    const said = () => [
      ready.projections.find(({ name }) => name === 'ledger')?.error,
      ...ready.followers.map(({ waitingFor }) => waitingFor),
    ];
    while (said().some((sentence) => !sentence)) ready = await get<Ready>(mixed, '/ready');
    expect(ready.degraded).toBe(true);
    for (const sentence of said()) {
      expect(sentence).toMatch(
        /has seen events that are not in the log .* restore log and database from the same backup/,
      );
    }
  }, 240_000);

  it('may be killed at any moment: nothing half has the name, and the next try succeeds', async () => {
    const url = await line.standalone();
    const account = await open(url, 'open');
    await pay(url, account, 'pay');
    /** Kills a command as soon as something holds; false when it ended before. */
    async function killedWhen(args: readonly string[], holds: () => Promise<boolean>): Promise<boolean> {
      const child = line.start(args);
      const ended = once(child, 'exit');
      while (child.exitCode === null && !(await holds())) await turn();
      child.kill('SIGKILL');
      await ended;
      return child.signalCode === 'SIGKILL';
    }
    const names = async (suffix: string) => (await readdir(line.directory)).filter((name) => name.includes(suffix));
    const partOf = async (...path: string[]) => {
      const [aside] = await names('.unfinished-');
      return aside !== undefined && existsSync(join(line.directory, aside, ...path));
    };
    const moments: (() => Promise<boolean>)[] = [
      async () => (await readdir(join(line.data, 'backups')).catch(() => [])).length > 0,
      () => partOf('read-models', 'PG_VERSION'),
      () => partOf('eventstore', 'data.mdb'),
      () => partOf('backup.json'),
      async () => (await names('.opened-')).length > 0,
    ];
    for (const moment of moments) {
      expect(await killedWhen(['backup', '--to', at('b')], moment)).toBe(true);
      expect(existsSync(at('b'))).toBe(false);
    }
    expect(await line.paybill(['backup', '--to', at('b'), '--with-master-key'])).toMatchObject({ code: 0 });
    await good('b');
    expect(await readdir(join(line.data, 'backups'))).toEqual([]);
    const restoring = ['restore', at('b'), '--data', at('r')];
    for (const path of [
      ['eventstore', 'data.mdb'],
      ['read-models', 'PG_VERSION'],
    ]) {
      expect(await killedWhen(restoring, () => partOf(...path))).toBe(true);
      expect(existsSync(at('r'))).toBe(false);
    }
    expect(await line.paybill(restoring)).toMatchObject({ code: 0 });
    expect(await names('.unfinished-')).toEqual([]);
    expect(await books(await line.standalone({ PAYBILL_DATA: at('r') }))).toEqual(await books(url));
  }, 400_000);

  it('works without a running Paybill too, and keeps one from starting meanwhile', async () => {
    const url = await line.standalone();
    await open(url, 'open');
    await line.stop();
    expect(await line.paybill(['backup', '--to', at('closed')])).toMatchObject({ code: 0 });
    await good('closed');
    await rename(join(line.data, 'read-models'), at('kept'));
    const alone = await line.paybill(['backup', '--to', at('log-only')]);
    expect(alone.out).toContain('The database is a PostgreSQL: it has to be backed up by its own means, before this.');
    await good('log-only');
  }, 240_000);
});
