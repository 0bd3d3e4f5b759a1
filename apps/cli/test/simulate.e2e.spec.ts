import { until } from '#testing/platform';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { CommandLine } from './command-line.js';

interface Answer {
  readonly digest: string;
  readonly resumed: boolean;
  readonly invariants: readonly { readonly faults: readonly string[] }[];
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
    expect(JSON.parse(out)).toMatchObject({ digest: expected.digest, resumed: true });
    expect(code).toBe(0);
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
