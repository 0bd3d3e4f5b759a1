import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeBackup, verifyBackup } from '#libs/backup';
import { lockDirectory } from '#libs/platform';
import { rewriteLog } from '#testing/eventstore-node';
import { until } from '#testing/platform';
import { CommandLine } from './command-line.js';

interface Ready {
  degraded: boolean;
  eventStore: { position: string };
  projections: { name: string; error: string | null; position: string }[];
  followers: { name: string; waitingFor?: string }[];
}

interface AuditKeys {
  signer: string;
  verifierKeys: string[];
}

/** Of a backup: whether it has its keys. */
const BOTH_KEYS = ['--with-master-key', '--with-audit-key'];

describe('paybill backup and restore', () => {
  /** One Paybill for all that follows; the last test stops it. */
  let line: CommandLine;
  let url: string;
  let account: string;

  /** There are two backups of it: `late`, with its keys, has three payments more than `early`. */
  beforeAll(async () => {
    line = await CommandLine.open();
    url = await line.standalone();
    account = await open(url, 'open');
    await post(url, '/audit/checkpoints', 'sign', {});
    await done(['backup', '--to', at('early'), '--no-verify']);
    for (let count = 0; count < 3; count++) await pay(url, account, `pay-${count}`);
    await books(url);
    await done(['backup', '--to', at('late'), ...BOTH_KEYS]);
  }, 240_000);
  afterAll(() => line.close(), 60_000);

  async function done(args: string[]): Promise<{ out: string; err: string }> {
    const ended = await line.paybill(args);
    if (ended.code !== 0) throw new Error(`${args.join(' ')}: ${ended.err}`);
    return ended;
  }

  const at = (name: string) => join(line.directory, name);

  const post = (to: string, path: string, key: string, body: object) => send('POST', to, path, key, body);
  const put = (to: string, path: string, key: string, body: object) => send('PUT', to, path, key, body);
  async function send(method: string, to: string, path: string, key: string, body: object) {
    const answer = await fetch(new URL(path, to), {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, string>;
  }

  const open = async (to: string, key: string) => (await post(to, '/accounts', key, { currency: 'USD' }))['accountId']!;
  const pay = (to: string, one: string, key: string) =>
    post(to, `/accounts/${one}/payments`, key, {
      ...{ amount: { amount: '10.00', currency: 'USD' }, channel: 'online', method: { kind: 'cash' } },
    });

  const get = async <Answer>(of: string, path: string) => (await (await fetch(new URL(path, of))).json()) as Answer;

  /** What the read models say once they are at the end of the log. */
  async function books(of: string): Promise<unknown> {
    await until(async () => {
      const { eventStore, projections } = await get<Ready>(of, '/ready');
      const ledger = projections.find(({ name }) => name === 'ledger');
      return ledger !== undefined && BigInt(ledger.position) >= BigInt(eventStore.position);
    });
    const asked = ['/journal/trial-balance', '/totals?currency=USD'];
    return Promise.all(asked.map((path) => get(of, path)));
  }

  it('takes one moment while sixteen clients pay; restored, it has what was paid before, and its books are those of a fresh replay', async () => {
    const accounts = await Promise.all(Array.from({ length: 16 }, (_, index) => open(url, `open-${index}`)));
    let working = true;
    let paid = 0;
    const payers = accounts.map(async (one, index) => {
      for (let count = 0; working; count++, paid++) await pay(url, one, `pay-${index}-${count}`);
    });
    // Each is a subject of personal data that nobody has met before: its key is made while the backup is taken.
    const named: string[] = [];
    const naming = (async () => {
      for (let count = 0; working; count++) {
        const one = await open(url, `named-${count}`);
        await put(url, `/accounts/${one}/contact`, `name-${count}`, { name: 'Jane Doe' });
        named.push(one);
      }
    })();
    await until(() => paid >= 64);
    const before = paid;
    const taken = await done(['backup', '--to', at('one'), '--with-master-key', '--no-verify']);
    const after = paid;
    working = false;
    await Promise.all([...payers, naming]);
    expect(taken.err).not.toContain('error');
    expect(after).toBeGreaterThan(before);
    expect(await readdir(join(line.data, 'backups'))).toEqual([]);
    const verified = JSON.parse((await done(['backup', 'verify', at('one'), '--json'])).out) as object;
    expect(verified).toMatchObject({ good: true, masterKey: true, auditKey: false });

    await done(['restore', at('one'), '--data', at('restored'), '--without-audit-key']);
    for (const key of ['master.key', 'audit.key']) {
      expect((await stat(join(at('restored'), key))).mode & 0o777).toBe(0o600);
    }
    const again = await line.standalone({ PAYBILL_DATA: at('restored') });
    const [, totals] = (await books(again)) as [unknown, { payments: { count: number } }];
    expect(totals.payments.count).toBeGreaterThanOrEqual(before);
    expect(totals.payments.count).toBeLessThanOrEqual(paid + 3);
    // Whoever is known there can be reached, be it that the contact came before the backup, during it, or after it.
    for (const one of named) {
      const { status } = await fetch(new URL(`/accounts/${one}/contact`, again));
      expect([200, 404]).toContain(status);
    }
    // Another signer, who believes what the one before has signed and goes on from there.
    const [old, keys] = await Promise.all([url, again].map((of) => get<AuditKeys>(of, '/audit/keys')));
    expect(keys!.verifierKeys.slice(1)).toEqual(old!.verifierKeys);
    expect(keys!.signer.split('+')[0]).toBe(old!.signer.split('+')[0]);
    expect(await post(again, '/audit/checkpoints', 'sign', {})).toMatchObject({ verifierKey: keys!.signer });
    const { degraded } = await get<Ready>(again, '/ready');
    expect(degraded).toBe(false);
    // The same log alone: everything has to be built from its beginning.
    await cp(join(at('one'), 'eventstore'), join(at('fresh'), 'eventstore'), { recursive: true });
    const fresh = await line.standalone({ PAYBILL_DATA: at('fresh') });
    expect(await books(again)).toEqual(await books(fresh));
    await line.stop(again, fresh);
  }, 300_000);

  it('is refused where it would go wrong, in one sentence, and leaves nothing behind', async () => {
    await mkdir(at('nothing'));
    await writeFile(at('file'), '');
    await done(['audit', 'new-key', '--file', at('other.key')]);
    const there = (await readdir(line.directory)).sort();
    const restoring = ['restore', at('early'), '--data', at('r')];
    const noMaster = [...restoring, '--without-master-key'];
    const refused: [string[], number, string][] = [
      [['backup', '--to', at('b'), '--data', at('nothing')], 1, `${at('nothing')} holds no Paybill`],
      [['backup'], 2, '--to: name the directory to make'],
      [['backup', '--to', join(line.data, 'b')], 1, `is inside ${line.data}`],
      [['backup', '--to', join(at('none'), 'b')], 1, `there is no directory ${at('none')}`],
      [['backup', '--to', at('file')], 1, 'is there already'],
      [['backup', '--to', at('early')], 1, 'is there already and not empty'],
      [['backup', 'verify', at('nothing')], 1, 'is no backup'],
      [['restore', at('nothing'), '--data', at('r')], 1, 'is no backup'],
      [restoring, 2, 'the backup has no master key'],
      [[...restoring, '--master-key', at('file')], 2, 'holds no key'],
      [noMaster, 2, 'the backup has no signing key'],
      [[...noMaster, '--audit-key', at('file')], 2, 'holds no signing key'],
      [[...noMaster, '--audit-key', at('other.key')], 2, 'is of another log'],
      [['restore', at('late'), '--data', at('r'), '--without-audit-key'], 2, 'the backup has its signing key'],
      [['restore', at('late'), '--data', line.data], 1, 'is there already and not empty'],
    ];
    for (const [args, exitCode, sentence] of refused) {
      const { code, out, err } = await line.paybill(args);
      expect(err).toContain(sentence);
      expect(err).not.toMatch(/^ +at /m);
      expect([code, out]).toEqual([exitCode, '']);
    }
    expect((await readdir(line.directory)).sort()).toEqual(there);
  }, 240_000);

  it('is restored with the signing key it is given where it does not say whose it was, as before verifier keys were kept', async () => {
    await cp(at('early'), at('unsaid'), { recursive: true });
    const { verifierKeys, ...rest } = JSON.parse(
      await readFile(join(at('unsaid'), 'backup.json'), 'utf8'),
    ) as object & {
      verifierKeys: string[];
    };
    expect(verifierKeys).toHaveLength(1);
    await writeFile(join(at('unsaid'), 'backup.json'), JSON.stringify(rest));
    await done(['audit', 'new-key', '--file', at('kept.key')]);
    const options = ['--without-master-key', '--audit-key', at('kept.key')];
    await done(['restore', at('unsaid'), '--data', at('given'), ...options]);
    const kept = (await readFile(at('kept.key'), 'utf8')).trim();
    expect((await readFile(join(at('given'), 'audit.key'), 'utf8')).trim()).toBe(kept);
  }, 120_000);

  it('names what is wrong with a backup that was changed, and restores none of it', async () => {
    const changed = at('changed');

    /** The faults of a copy of a backup that something was done to. */
    async function faultsOf(change: (backup: string) => Promise<unknown>): Promise<[string, string][]> {
      await rm(changed, { recursive: true, force: true });
      await cp(at('late'), changed, { recursive: true });
      await change(changed);
      const { faults } = await verifyBackup(changed);
      return faults.map(({ where, reason }) => [where, reason]);
    }

    interface Manifest {
      log: object;
      files: { path: string; bytes: number; sha256: string }[];
    }
    /** Gives the log of a backup the sum that it has now, and says of it what is right: only what is in it can tell then. */
    async function resum(backup: string, log?: object): Promise<void> {
      const bytes = await readFile(join(backup, 'eventstore/data.mdb'));
      const sum = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      const manifest = JSON.parse(await readFile(join(backup, 'backup.json'), 'utf8')) as Manifest;
      const files = manifest.files.map((file) => (file.path === 'eventstore/data.mdb' ? { ...file, ...sum } : file));
      await writeFile(join(backup, 'backup.json'), JSON.stringify({ ...manifest, files, ...(log && { log }) }));
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
    /** Changes the amount of the last payment where it is stored. */
    const forge = async (copy: string) => {
      const path = join(copy, 'eventstore/data.mdb');
      const bytes = await readFile(path);
      bytes.write('99.00', bytes.lastIndexOf('"10.00"') + 1);
      await writeFile(path, bytes);
    };
    expect(await faultsOf(forge)).toEqual([['eventstore/data.mdb', 'its bytes are not those it had']]);
    const { out, code } = await line.paybill(['backup', 'verify', changed, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([1, { good: false, faults: [{ where: 'eventstore/data.mdb' }] }]);
    const restored = await line.paybill(['restore', changed, '--data', at('r')]);
    expect([restored.code, restored.err]).toEqual([1, expect.stringContaining('is not good')]);
    expect(existsSync(at('r'))).toBe(false);
    // With a sum that fits, the event itself tells.
    const mended = await faultsOf(async (copy) => {
      await forge(copy);
      await resum(copy);
    });
    expect(mended).toContainEqual([
      expect.stringMatching(/^account-\S+ revision \d$/),
      'the content does not match its hash',
    ]);
    // Nor does it help to take the hash of the first event away.
    const unlinked = await faultsOf(async (copy) => {
      await rewriteLog(join(copy, 'eventstore'), (events) =>
        events.map((event) =>
          event.stream === `account-${account}` && event.revision === 0 ? { ...event, metadata: '{}' } : event,
        ),
      );
      await resum(copy);
    });
    expect(unlinked).toContainEqual([`account-${account} revision 1`, expect.stringContaining('hash')]);
    // A database with a log from before it.
    const ahead = await faultsOf(async (copy) => {
      await cp(join(at('early'), 'eventstore/data.mdb'), join(copy, 'eventstore/data.mdb'));
      const { log } = JSON.parse(await readFile(join(at('early'), 'backup.json'), 'utf8')) as Manifest;
      await resum(copy, log);
    });
    expect(ahead).toContainEqual([
      expect.stringMatching(/^ledger_v\d+$/),
      expect.stringMatching(/^has seen account-\S+ revision 3 \(\S+\), which is not in the log$/),
    ]);
    expect(ahead).toContainEqual([
      'tree',
      expect.stringMatching(/^has seen \S+ at position \d+, which is not in the log$/),
    ]);
    expect(ahead.map(([where]) => where)).toContain('notifications');
  }, 300_000);

  it('stands still on a log that was restored from an older backup without its database, and says what to do', async () => {
    // Nothing but the log and the manifest is different from what a restore makes.
    await cp(at('late'), at('mixed'), { recursive: true });
    await rm(join(at('mixed'), 'eventstore'), { recursive: true });
    await cp(join(at('early'), 'eventstore'), join(at('mixed'), 'eventstore'), { recursive: true });
    const mixed = await line.standalone({ PAYBILL_DATA: at('mixed') });
    let ready!: Ready;
    const said = () => [
      ready.projections.find(({ name }) => name === 'ledger')?.error,
      ...ready.followers.map(({ waitingFor }) => waitingFor),
    ];
    await until(async () => {
      ready = await get<Ready>(mixed, '/ready');
      return said().every((sentence) => sentence);
    });
    expect(ready.degraded).toBe(true);
    for (const sentence of said()) {
      expect(sentence).toMatch(
        /has seen events that are not in the log .* restore log and database from the same backup/,
      );
    }
    await line.stop(mixed);
  }, 240_000);

  it('may be killed at any moment: nothing half has the name, and the next try succeeds', async () => {
    /** Kills a command as soon as something holds; false when it ended before. */
    async function killedWhen(args: readonly string[], holds: () => Promise<boolean>): Promise<boolean> {
      const child = line.start(args);
      const ended = once(child, 'exit');
      await until(async () => child.exitCode !== null || (await holds()));
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
    expect((await done(['backup', '--to', at('b'), ...BOTH_KEYS])).out).toContain('verified');
    expect(await readdir(join(line.data, 'backups'))).toEqual([]);
    const restoring = ['restore', at('b'), '--data', at('r')];
    for (const path of [
      ['eventstore', 'data.mdb'],
      ['read-models', 'PG_VERSION'],
    ]) {
      expect(await killedWhen(restoring, () => partOf(...path))).toBe(true);
      expect(existsSync(at('r'))).toBe(false);
    }
    await done(restoring);
    expect(await names('.unfinished-')).toEqual([]);
    // All of the backup, each file summed up once more by the restore, and nothing else.
    const notOfIt = ['backup.json', join('eventstore', 'lock.mdb')];
    const all = async (name: string) =>
      (await readdir(at(name), { recursive: true })).filter((path) => !notOfIt.includes(path)).sort();
    expect(await all('r')).toEqual(await all('b'));
  }, 400_000);

  it('takes what another run under its own process id has left for what it is, as happens in containers', async () => {
    const left = at(`own.unfinished-${process.pid}`);
    await mkdir(left);
    const options = { withMasterKey: false, withAuditKey: false, verifierKeys: [], copyDatabase: undefined };
    await takeBackup({ ...options, data: line.data, to: at('own'), paybill: 'test', now: new Date() });
    expect([existsSync(left), existsSync(at('own'))]).toEqual([false, true]);
  });

  it('works without a running Paybill too, and keeps one from starting meanwhile', async () => {
    await line.stop();
    const release = await lockDirectory(line.data);
    const held = await line.paybill(['backup', '--to', at('held')]);
    expect([held.code, held.err]).toEqual([3, expect.stringContaining(`is in use by process ${process.pid}`)]);
    release();
    expect((await done(['backup', '--to', at('closed')])).out).toContain('verified');
    await rename(join(line.data, 'read-models'), at('kept'));
    const alone = await done(['backup', '--to', at('log-only')]);
    expect(alone.out).toContain('The database is a PostgreSQL: it has to be backed up by its own means, before this.');
    expect(alone.out).toContain('verified');
  }, 240_000);
});
