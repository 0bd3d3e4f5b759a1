import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config/config.js';
import { masterKeyIn, PersonalDataSettings } from './master-key.js';

describe('The master key', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'paybill-key-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is made once, for its owner’s eyes only, and is the same ever after', async () => {
    const data = join(directory, 'data');
    const key = await masterKeyIn(data);
    expect(key).toHaveLength(32);
    expect(statSync(join(data, 'master.key')).mode & 0o777).toBe(0o600);
    expect(await masterKeyIn(data)).toEqual(key);
    expect(await masterKeyIn(join(directory, 'other'))).not.toEqual(key);
  });

  it('is never made anew over a file that holds something else', async () => {
    writeFileSync(join(directory, 'master.key'), 'half a k');
    await expect(masterKeyIn(directory)).rejects.toThrow('is no master key');
  });

  it('comes from the environment in base64; a wrong one is named and never repeated', () => {
    const text = Buffer.alloc(32, 7).toString('base64');
    expect(readConfig(PersonalDataSettings, { PAYBILL_MASTER_KEY: text })).toEqual({
      PAYBILL_MASTER_KEY: Buffer.alloc(32, 7),
    });
    expect(readConfig(PersonalDataSettings, {}).PAYBILL_MASTER_KEY).toBeUndefined();
    const wrong = () => readConfig(PersonalDataSettings, { PAYBILL_MASTER_KEY: 'hunter2' });
    expect(wrong).toThrow('PAYBILL_MASTER_KEY must be 32 bytes in base64');
    expect(wrong).not.toThrow('hunter2');
  });
});
