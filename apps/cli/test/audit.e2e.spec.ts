import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLine } from './command-line.js';

jest.setTimeout(120_000);

const VERIFIER = fileURLToPath(new URL('../../../infra/audit/verify-proof.mjs', import.meta.url));

interface Proof {
  checkpoint: string;
  events: {
    revision: string;
    data: string;
    metadata: string;
    id: string;
    type: string;
    leaf: number;
    path: string[];
  }[];
}

describe('paybill audit', () => {
  let cli: CommandLine;
  let url: string;
  let account: string;
  let key: string;
  beforeAll(async () => {
    cli = await CommandLine.open();
    // Nothing of Paybill is near it.
    await copyFile(VERIFIER, file('verify-proof.mjs'));
    url = await cli.standalone({ PAYBILL_CHECKPOINT_SECONDS: '0' });
    account = (await post('/accounts', { currency: 'USD' }))['accountId'] as string;
    for (let one = 0; one < 6; one++) await pay();
    await audit('checkpoint', '--sign-now', '--out', file('first.txt'));
    await pay();
    await audit('checkpoint', '--sign-now', '--out', file('second.txt'));
    key = ((await (await fetch(`${url}/audit/keys`)).json()) as { signer: string }).signer;
    await writeFile(file('ledger.vkey'), `${key}\n`);
    await audit('prove', '--account', account, '--out', file('account.json'));
    await audit('prove', '--event', (await proof('account.json')).events[3]!.id, '--out', file('event.json'));
    const [from, to] = await Promise.all([sizeIn('first.txt'), sizeIn('second.txt')]);
    await audit('prove', '--from', from, '--to', to, '--out', file('consistency.json'));
  });
  afterAll(() => cli.close());

  const file = (name: string) => join(cli.directory, name);
  const read = (name: string) => readFile(file(name), 'utf8');
  const sizeIn = async (name: string) => (await read(name)).split('\n')[1]!;
  const proof = async (name: string) => JSON.parse(await read(name)) as Proof;

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': Math.random().toString() };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }
  const pay = () =>
    post(`/accounts/${account}/payments`, {
      amount: { amount: '5.00', currency: 'USD' },
      channel: 'online',
      method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' },
    });

  async function audit(...args: string[]) {
    const ended = await cli.paybill(['audit', ...args]);
    if (ended.code !== 0) throw new Error(ended.err || ended.out);
    return ended;
  }

  /** The offline verifier, as an auditor runs it. */
  async function verifier(...args: string[]): Promise<{ code: number | null; out: string }> {
    const child = execFile(process.execPath, [file('verify-proof.mjs'), ...args], { cwd: cli.directory });
    let out = '';
    child.stdout!.on('data', (chunk: string) => (out += chunk));
    await once(child, 'close');
    return { code: child.exitCode, out };
  }

  describe('verify', () => {
    it('finds nothing in a log that is as it was written, and is itself recorded', async () => {
      const verified = await audit('verify', '--key', key, '--checkpoint', file('first.txt'), file('second.txt'));
      expect(verified.out).toMatch('4 checkpoints that hold');
      expect(verified.out).toMatch('nothing was changed, removed, inserted or put in another order');
      expect(verified.out).not.toMatch('give your own');
      expect(verified.err).toMatch(/verifying: 100 %/);
      while (!(await audit('accesses', '--json')).out.includes('"verify-log"'));
    });

    it('goes on from where it ended', async () => {
      const state = file('verified.state');
      const first = JSON.parse((await audit('verify', '--resume', state, '--json')).out) as { read: number };
      expect(first.read).toBeGreaterThan(8);
      expect((await stat(state)).mode & 0o777).toBe(0o600);
      await pay();
      const second = JSON.parse((await audit('verify', '--resume', state, '--json')).out) as Record<string, unknown>;
      expect(second).toMatchObject({ sound: true, findings: [] });
      expect(second['read']).toBeLessThan(first.read);
    });

    it('ends with 1 and says what it found', async () => {
      const other = (await read('first.txt')).replace('\n', '\n1');
      await writeFile(file('forged.txt'), other);
      const { code, out } = await cli.paybill(['audit', 'verify', '--checkpoint', file('forged.txt'), '--json']);
      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        sound: false,
        findings: [
          { kind: 'bad-checkpoint', message: 'the checkpoint in forged.txt has a signature that does not hold' },
        ],
      });
    });

    it.each([
      [['--key', 'nothing.vkey'], '--key: ENOENT'],
      [['--key', 'a+00000000+b'], '--key: '],
      [['--checkpoint', 'nothing.txt'], '--checkpoint: ENOENT'],
      [['--resume', 'ledger.vkey'], 'it was not written by paybill audit verify'],
    ])('refuses %s in one sentence', async (options, sentence) => {
      const { code, err } = await cli.paybill(['audit', 'verify', ...options]);
      expect(code).toBe(2);
      expect(err).toMatch(sentence);
      expect(err.trim().split('\n')).toHaveLength(1);
    });
  });

  describe('prove', () => {
    it('gives proofs that hold without Paybill', async () => {
      const all = await verifier('account.json', '--key', 'ledger.vkey', '--checkpoint', 'second.txt');
      expect(all).toMatchObject({ code: 0, out: expect.stringMatching(/^yes: 8 event\(s\) of account-/) as string });
      const one = await verifier('event.json', '--key', key);
      expect(one).toMatchObject({ code: 0, out: expect.stringMatching(/^yes: 1 event/) as string });
      const consistent = await verifier('consistency.json', '--key', key, '--checkpoint', 'first.txt');
      expect(consistent).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^yes: the log .* begins with all/) as string,
      });
    });

    it.each<[what: string, harm: (proof: Proof) => unknown, reason: RegExp]>([
      [
        'an amount changed',
        ({ events }) => (events[2]!.data = events[2]!.data.replace('5.00', '6.00')),
        /is not what was written/,
      ],
      [
        'the actor changed',
        ({ events }) => (events[2]!.metadata = events[2]!.metadata.replace('anonymous', 'x')),
        /is not what was written/,
      ],
      ['the type changed', ({ events }) => (events[2]!.type = 'PaymentReturned'), /is not what was written/],
      ['the id changed', ({ events }) => (events[2]!.id = events[3]!.id), /has another id/],
      ['the hash cut off', ({ events }) => (events[2]!.metadata = '{}'), /carries no hash/],
      [
        'another place',
        ({ events }) => (events[2]!.leaf += 1),
        /is not in the log that was signed|path .* is too (long|short)/,
      ],
      ['a place outside', ({ events }) => (events[2]!.leaf = 9999), /not within the checkpoint/],
      ['a path cut short', ({ events }) => events[2]!.path.pop(), /path of an event is too short/],
      ['a path too long', ({ events }) => events[2]!.path.push(events[2]!.path[0]!), /path of an event is too long/],
      [
        'a hash of the path changed',
        ({ events }) => (events[2]!.path[0] = events[2]!.path[1]!),
        /is not in the log that was signed/,
      ],
      ['an event left out', ({ events }) => events.splice(2, 1), /events are missing/],
      ['no event', ({ events }) => events.splice(0), /holds no event/],
      [
        'another size signed',
        (it) => (it.checkpoint = it.checkpoint.replace('\n', '\n1')),
        /signature of .* does not hold/,
      ],
    ])('gives proofs that do not hold with %s', async (_, harm, reason) => {
      const forged = await proof('account.json');
      harm(forged);
      await writeFile(file('forged.json'), JSON.stringify(forged));
      const { code, out } = await verifier('forged.json', '--key', key);
      expect(out).toMatch(reason);
      expect(out).toMatch(/^no: /);
      expect(code).toBe(1);
    });

    it('gives proofs that say so when the beginning of the account was left out of them', async () => {
      const whole = await verifier('account.json', '--key', key);
      expect(whole.out).toMatch(/ of account-[0-9a-f-]{36} \(revisions 0 to 7\) are in the log /);
      const { events, ...rest } = await proof('account.json');
      await writeFile(file('later.json'), JSON.stringify({ ...rest, events: events.slice(2) }));
      const { out } = await verifier('later.json', '--key', key);
      expect(out).toMatch('(revisions 2 to 7, whose beginning is NOT in this proof)');
    });

    it('gives proofs that hold for nobody who trusts another key, or has kept another checkpoint', async () => {
      const fresh = await audit('new-key', '--name', 'example.com/other', '--file', file('other.key'));
      const stranger = await verifier('account.json', '--key', fresh.out.trim());
      expect(stranger).toEqual({ code: 1, out: 'no: the checkpoint is not signed by a key you gave\n' });
      const kept = await verifier('account.json', '--key', key, '--checkpoint', 'first.txt');
      expect(kept).toEqual({ code: 1, out: 'no: the proof is by another checkpoint than the one you kept\n' });
      const second = ['--checkpoint', 'second.txt', '--checkpoint', 'first.txt'];
      expect(await verifier('account.json', '--key', key, ...second)).toEqual(kept);
      const both = ['--checkpoint', 'first.txt', '--checkpoint', 'second.txt'];
      expect(await verifier('consistency.json', '--key', key, ...both)).toMatchObject({ code: 0 });
      await writeFile(file('foreign.txt'), (await read('first.txt')).replace('\n', '\n1'));
      const foreign = ['--checkpoint', 'first.txt', '--checkpoint', 'foreign.txt'];
      const neither = { code: 1, out: 'no: neither checkpoint is the one you kept\n' };
      expect(await verifier('consistency.json', '--key', key, ...foreign)).toEqual(neither);
    });

    it.each([
      ['before', /signature of .* does not hold/],
      ['after', /signature of .* does not hold/],
    ])('gives proofs of consistency that do not hold with another checkpoint %s', async (which, reason) => {
      const forged = JSON.parse(await read('consistency.json')) as Record<string, string>;
      forged[which] = forged[which]!.replace('\n', '\n1');
      await writeFile(file('forged.json'), JSON.stringify(forged));
      expect((await verifier('forged.json', '--key', key)).out).toMatch(reason);
    });

    it('gives proofs of consistency that do not hold with another path', async () => {
      const forged = JSON.parse(await read('consistency.json')) as { path: string[]; before: string; after: string };
      for (const path of [forged.path.slice(1), [...forged.path, forged.path[0]], [...forged.path].reverse()]) {
        await writeFile(file('forged.json'), JSON.stringify({ ...forged, path }));
        expect((await verifier('forged.json', '--key', key)).out).toMatch(
          /^no: (the path is too|the later log does not)/,
        );
      }
      const swapped = { ...forged, before: forged.after, after: forged.before };
      await writeFile(file('forged.json'), JSON.stringify(swapped));
      expect((await verifier('forged.json', '--key', key)).out).toMatch('over more events than the later one');
    });

    it('says how the verifier is used when it is not told enough', async () => {
      expect(await verifier()).toMatchObject({ code: 2, out: expect.stringContaining('usage') as string });
      expect(await verifier('ledger.vkey', '--key', key)).toMatchObject({ code: 2 });
    });

    it.each([
      [[], 2, 'give one of --event, --account, or --from with --to'],
      [['--from', '3'], 2, '--from and --to go together'],
      [['--event', '00000000-0000-8000-8000-000000000000'], 1, 'EVENT_UNKNOWN'],
      [['--from', '1', '--to', '2'], 1, 'CHECKPOINT_UNKNOWN'],
    ])('refuses %s in one sentence', async (options, exitCode, sentence) => {
      const { code, err } = await cli.paybill(['audit', 'prove', ...options]);
      expect(code).toBe(exitCode);
      expect(err).toMatch(sentence);
    });
  });

  it('shows where tree and checkpoints stand to whoever watches over Paybill', async () => {
    const size = Number(await sizeIn('second.txt'));
    const ready = (await (await fetch(`${url}/ready`)).json()) as Record<string, unknown>;
    expect(ready).toMatchObject({ degraded: false, checkpoint: { size, ageSeconds: expect.any(Number) as number } });
    expect(ready['followers']).toContainEqual(expect.objectContaining({ name: 'tree' }));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(`paybill_checkpoint_size ${size}`);
    expect(metrics).toMatch('paybill_follower_waiting{follower="tree"} 0');
  });

  it('accesses names who has read the log past the API: by a backup, by a replay', async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    await cli.paybill(['replay', 'diff', '--from-build', root, '--actor', 'agent-4']);
    expect(await cli.paybill(['backup', '--to', file('backup'), '--no-verify'])).toMatchObject({ code: 0 });
    const accesses = async () => (await audit('accesses', '--json')).out;
    while (!(await accesses()).includes('"backup"'));
    expect((await audit('accesses', '--by', 'agent-4')).out).toMatch(/agent-4 +replay/);
  });

  it('takes no kept checkpoint or proof for something to write over, unless it is told to', async () => {
    const kept = await read('first.txt');
    const options = ['audit', 'checkpoint', '--out', file('first.txt')];
    const refused = await cli.paybill(options);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('first.txt is there already') as string });
    const proving = ['audit', 'prove', '--account', account, '--out', file('account.json')];
    expect(await cli.paybill(proving)).toMatchObject({ code: 2 });
    expect(await read('first.txt')).toBe(kept);
    await audit('checkpoint', '--out', file('copy.txt'));
    await audit('checkpoint', '--out', file('copy.txt'), '--force');
    expect(await read('copy.txt')).toBe(await read('second.txt'));
    expect(await cli.paybill(['audit', 'checkpoint', '--out', join('none', 'x.txt')])).toMatchObject({ code: 3 });
  });

  it('checkpoint prints the note that an auditor keeps', async () => {
    const { out } = await audit('checkpoint');
    expect(out).toBe(await read('second.txt'));
  });

  it('accesses says who asked for what', async () => {
    await fetch(`${url}/accounts/${account}/contact`, { headers: { 'x-actor': 'agent-3' } });
    const options = ['--by', 'agent-3', '--account', account];
    while (!(await audit('accesses', ...options)).out.includes('agent-3'));
    expect((await audit('accesses', ...options)).out).toMatch(/agent-3 +contact +[0-9a-f-]{36}/);
    expect((await audit('accesses', '--by', 'nobody')).out).toMatch('nobody has asked for anything');
  });

  it('new-key rotates: what the key before has signed is still believed', async () => {
    const { out } = await audit('new-key', '--name', 'example.com/ledger');
    await cli.restart({ PAYBILL_CHECKPOINT_SECONDS: '0' });
    await audit('checkpoint', '--sign-now', '--out', file('third.txt'));
    expect(await read('third.txt')).toMatch('\n— example.com/ledger ');
    // The line that says which log it is stays.
    expect((await read('third.txt')).split('\n')[0]).toBe((await read('first.txt')).split('\n')[0]);
    const verified = await audit(
      'verify',
      '--key',
      key,
      out.trim(),
      '--checkpoint',
      file('first.txt'),
      file('third.txt'),
    );
    expect(verified.out).toMatch('nothing was changed');
    const old = await cli.paybill(['audit', 'verify', '--key', key]);
    expect(old.code).toBe(1);
    expect(old.out).toMatch('is not signed by any of the keys given');
  });
});
