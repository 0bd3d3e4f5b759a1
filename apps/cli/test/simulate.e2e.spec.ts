import { until } from '#testing/platform';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { Asking } from './asking.js';
import { CommandLine } from './command-line.js';

interface Answer {
  readonly digest: string;
  readonly lives: number;
  readonly invariants: readonly { readonly faults: readonly string[] }[];
}

/** The process that a simulation has its event store in. */
function childOf(pid: number): number {
  return Number(execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }));
}

describe('paybill simulate', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  const asked = (data: string) => [
    'simulate',
    '--accounts',
    '4',
    '--months',
    '2',
    '--data',
    join(line.directory, data),
  ];

  /** The first day that was not ended; none while there is nothing. */
  const livedUpTo = async (data: string): Promise<string> => {
    const progress = await readFile(join(line.directory, data, 'simulation.json'), 'utf8').catch(() => '{"next":""}');
    return (JSON.parse(progress) as { next: string }).next;
  };

  it('comes to the same however often it is killed, and its books hold', async () => {
    const undisturbed = await line.paybill([...asked('undisturbed'), '--json']);
    const expected = JSON.parse(undisturbed.out) as Answer;
    expect(expected.lives).toBe(1);
    expect(expected.invariants.flatMap(({ faults }) => faults)).toEqual([]);
    expect(undisturbed.code).toBe(0);
    for (const day of ['2021-01-12', '2021-02-09']) {
      const child = line.start(asked('killed'));
      await until(async () => child.exitCode !== null || (await livedUpTo('killed')) >= day);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
    }
    const { out, code } = await line.paybill([...asked('killed'), '--json']);
    expect(JSON.parse(out)).toMatchObject({ digest: expected.digest, lives: 3 });
    expect(code).toBe(0);
    // Examined once more, it has not been gone on with.
    const again = await line.paybill(asked('killed'));
    expect(again.out).toContain('It was begun 3 times: interrupted and gone on with 2 times.');
    expect(again.code).toBe(0);
  }, 300_000);

  it('leaves customers who count as erased, and not as ones whose keys were lost, to the Paybill started on it', async () => {
    // The one customer of this seed gives a contact on the third day.
    const plan = ['--accounts', '1', '--months', '1', '--seed', '41', '--data', line.data];
    const { code } = await line.paybill(['simulate', ...plan]);
    expect(code).toBe(0);
    const asking = new Asking(await line.standalone());
    const { items } = (await asking.get('/roll-forward/accounts')) as { items: { accountId: string }[] };
    expect(items).toHaveLength(1);
    const contact = await asking.send('GET', `/accounts/${items[0]!.accountId}/contact`);
    expect(contact).toMatchObject({ status: 200, body: { email: null, erased: true } });
    // What Paybill writes from here on is no part of the simulation any more.
    await asking.done('POST', '/accounts', { currency: 'USD' });
    await line.stop();
    const again = await line.paybill(['simulate', ...plan]);
    expect(again.err).toContain('Paybill has written to it since');
    expect(again.code).toBe(1);
  }, 300_000);

  it('ends when its event store is killed, says so, and goes on when it is run again', async () => {
    const child = line.start(asked('headless'));
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(async () => child.exitCode !== null || (await livedUpTo('headless')) >= '2021-01-04');
    process.kill(childOf(child.pid!), 'SIGKILL');
    if (child.exitCode === null) await once(child, 'close');
    expect(said).toContain('the event store of the simulation has ended');
    expect(child.exitCode).toBe(3);
    const again = line.start(asked('headless'));
    await until(async () => again.exitCode !== null || (await livedUpTo('headless')) >= '2021-01-08');
    expect(again.exitCode).toBeNull();
  }, 300_000);

  it.each([
    { given: ['--from', '2026-02-31'], reason: 'must be a day' },
    { given: ['--from', '2019-12-31'], reason: '--from must not be before 2020-01-01' },
    { given: ['--from', '2999-01-01'], reason: 'which has not passed' },
  ])('refuses $given, and makes no directory', async ({ given, reason }) => {
    const { err, code } = await line.paybill(['simulate', ...given, '--data', line.data]);
    expect(err).toContain(reason);
    expect(code).toBe(2);
    expect(existsSync(line.data)).toBe(false);
  });

  it('touches no directory that holds anything else', async () => {
    await mkdir(line.data);
    await writeFile(join(line.data, 'notes.txt'), 'mine');
    const { err, code } = await line.paybill(['simulate', '--data', line.data]);
    expect(err).toContain('is not empty and holds no simulation');
    expect(code).toBe(1);
  });
});
