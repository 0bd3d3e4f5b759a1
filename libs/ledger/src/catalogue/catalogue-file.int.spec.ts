import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCatalogue } from './catalogue-file.job.js';

describe('A catalogue file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paybill-catalogue-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('comes with Paybill', async () => {
    const { versions } = await readCatalogue();
    expect(versions.map(({ version }) => version)).toEqual(['us-2020-01']);
    expect(Object.keys(versions[0]!.plans)).toContain('fibre-300');
  });

  it('is refused with file and line when something in it is wrong, and when it is not there', async () => {
    const text = await readFile(new URL('../../catalogue/default.yaml', import.meta.url), 'utf8');
    const path = join(directory, 'mine.yaml');
    await writeFile(
      path,
      text.replace("price: '49.99'", "price: '49.999'").replace('daysToPay: 20', 'daysToPay: soon'),
    );
    const at = (what: string) => text.slice(0, text.indexOf(what)).split('\n').length;
    await expect(readCatalogue(path)).rejects.toMatchObject({
      name: 'CatalogueRefused',
      message: expect.stringContaining(`${path}:${at('daysToPay: 20')}: versions.0.terms.daysToPay`) as string,
    });
    await writeFile(path, text.replace("price: '49.99'", "price: '49.999'"));
    await expect(readCatalogue(path)).rejects.toThrow(
      `${path}:${at("price: '49.99'")}: versions.0.plans.fibre-300.charges.0.price must have at most 2 decimals`,
    );
    await expect(readCatalogue(join(directory, 'none.yaml'))).rejects.toThrow('the catalogue cannot be read: ENOENT');
  });
});
