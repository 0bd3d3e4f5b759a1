import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { besides, buildAside, directoriesBelow, filesBelow } from './files.js';

describe('The files of a directory', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'paybill-files-'));
    await mkdir(join(home, 'b', 'deep'), { recursive: true });
    await writeFile(join(home, 'b', 'deep', 'one'), '');
    await writeFile(join(home, 'b', 'two'), '');
  });
  afterEach(() => rm(home, { recursive: true }));

  const here = () => relative(process.cwd(), join(home, 'b'));
  const ways: [string, () => string][] = [
    ['from the root', () => join(home, 'b')],
    ['with a slash at its end', () => join(home, 'b', '/')],
    ['from here', here],
    ['from here, with a dot before', () => `./${here()}`],
  ];

  it.each(ways)('are the same when it is named %s', async (_, named) => {
    expect(await filesBelow(named())).toEqual(['deep/one', 'two']);
    expect(await directoriesBelow(named())).toEqual(['deep']);
  });

  it.each(ways)('are built beside its place when that is named %s', async (_, named) => {
    const place = named();
    await rm(join(home, 'b'), { recursive: true });
    await buildAside(place, async (aside) => {
      expect(dirname(aside)).toBe(home);
      expect(basename(aside)).toMatch(/^b\.unfinished-/);
      await mkdir(aside);
      await writeFile(join(aside, 'three'), '');
    });
    expect(await filesBelow(place)).toEqual(['three']);
    expect(await readdir(home)).toEqual(['b']);
    expect(dirname(await besides(place))).toBe(home);
  });
});
