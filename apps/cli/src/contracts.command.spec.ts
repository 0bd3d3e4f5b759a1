import { jest } from '@jest/globals';
import { readReleased, releasedFolder } from '#libs/contracts';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractsCommand } from './contracts.command.js';

describe('paybill contracts', () => {
  let folder: string;
  let said: string[];

  /** The exit code of a command, with what it printed in `said`. */
  async function run(...words: string[]): Promise<number> {
    process.exitCode = 0;
    await contractsCommand().parseAsync(words, { from: 'user' });
    const code = Number(process.exitCode);
    process.exitCode = 0;
    return code;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'released-'));
    await cp(releasedFolder(), folder, { recursive: true });
    said = [];
    for (const way of ['log', 'error'] as const) {
      jest.spyOn(console, way).mockImplementation((line: unknown) => void said.push(String(line)));
    }
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  it('lets pass what adds to the released schemas, and releases what is new', async () => {
    await rm(join(folder, 'payment.failed.v1.json'));
    expect(await run('check', '--against', folder)).toBe(0);
    expect(await run('release', '--to', folder)).toBe(0);
    expect(await run('release', '--to', folder)).toBe(0);
    expect(said).toEqual([
      'nothing breaks a reader; not released yet: payment.failed',
      'released: payment.failed',
      'nothing is new',
    ]);
  });

  it('refuses what breaks a reader, by type and place, and releases nothing then', async () => {
    const file = join(folder, 'credit.applied.v1.json');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('"allocations"', '"rest"'));
    await rm(join(folder, 'payment.failed.v1.json'));
    const before = await readReleased(folder);
    const breach = 'credit.applied /properties/rest: the property is gone or has another name: readers use it';
    expect(await run('check', '--against', folder)).toBe(1);
    expect(said.join('\n').split('\n')).toContain(breach);
    expect(await run('release', '--to', folder)).toBe(1);
    expect(await readReleased(folder)).toEqual(before);
  });

  it('asks for a directory that is there', async () => {
    await expect(run('check', '--against', join(folder, 'none'))).rejects.toThrow('there is no directory');
  });
});
