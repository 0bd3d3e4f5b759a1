import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryInUse, lockDirectory } from '#libs/platform';

describe('A data directory', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'paybill-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is refused to a second holder, by name, and free again after release', async () => {
    const release = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await expect(lockDirectory(directory)).rejects.toThrow(directory);
    release();
    (await lockDirectory(directory))();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused while another process lives that holds it', async () => {
    // The parent of this test process is alive and its start time is what /proc says.
    const { readFileSync } = await import('node:fs');
    const started = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19]!;
    writeFileSync(join(directory, 'lock'), `${process.ppid} ${started}\n`);
    await expect(lockDirectory(directory)).rejects.toThrow(`process ${process.ppid}`);
  });

  it.each([
    ['a process that is gone', '4194303 1\n'],
    ['a process whose id was given to another since', `${process.ppid} 1\n`],
    ['this very process id before a restart, as in a container', `${process.pid} 1\n`],
    ['nobody, the file being empty', ''],
  ])('is taken over from %s', async (_, content) => {
    writeFileSync(join(directory, 'lock'), content);
    (await lockDirectory(directory))();
  });
});
