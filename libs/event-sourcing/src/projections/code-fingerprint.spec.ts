import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeFingerprint } from './code-fingerprint.js';

describe('The fingerprint of a projection’s code', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'paybill-code-'))));
  afterEach(() => rm(directory, { recursive: true }));

  const CODE = {
    'rows.js': `import { rate } from './rate.js';\nimport { sql } from 'kysely';\nexport const rows = () => rate * 2;\n`,
    'rate.js': `export { rate } from './deeper.js';\n`,
    'deeper.js': `import './rows.js';\n/** What it is. */\nexport const rate = 3;\n`,
  };

  async function fingerprint(changes: Partial<typeof CODE> = {}): Promise<string> {
    for (const [name, code] of Object.entries({ ...CODE, ...changes })) await writeFile(join(directory, name), code);
    return codeFingerprint(pathToFileURL(join(directory, 'rows.js')).href);
  }

  it('is the same for the same code, wherever it lies and however it is commented', async () => {
    const before = await fingerprint();
    const commented = `// Why.\n  /**\n   * What it is for.\n   */\n  export const rate = 3;\n`;
    expect(await fingerprint({ 'deeper.js': `import './rows.js';\n${commented}` })).toBe(before);
    const compiled = `/**\n * What it is,\n * and why. */ /* And more. */ export const rate = 3;\n`;
    expect(await fingerprint({ 'deeper.js': `import './rows.js';\n${compiled}` })).toBe(before);
  });

  it('changes with any module that it is made of', async () => {
    const before = await fingerprint();
    expect(await fingerprint({ 'deeper.js': `export const rate = 4;\n` })).not.toBe(before);
    expect(await fingerprint({ 'rows.js': CODE['rows.js'].replace('* 2', '* 3') })).not.toBe(before);
  });

  it('takes in imports that go over several lines', async () => {
    const long = `import {\n  rate,\n} from './rate.js';\nexport const rows = () => rate;\n`;
    const before = await fingerprint({ 'rows.js': long });
    expect(await fingerprint({ 'rows.js': long, 'deeper.js': `export const rate = 4;\n` })).not.toBe(before);
  });
});
