import fc from 'fast-check';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyDataOf } from '#testing/contracts';
import { type MessageType } from './catalogue.js';
import { exampleMessage } from './examples.js';
import { breachesOf, readReleased, release, releasedFolder, unreleased } from './released.js';
import { schemaUri } from './schemas.js';
import { fromWire, toWire } from './wire.js';

const released = await readReleased(releasedFolder());

describe('The messages against what was released', () => {
  it('break no reader', () => {
    expect(breachesOf(released)).toEqual([]);
  });

  it('are all released: `paybill contracts release` writes what is new, and it is committed', () => {
    expect(unreleased(released)).toEqual([]);
  });

  it.each(released.map((each) => ({ ...each, name: `${each.type} version ${each.version}` })))(
    'are still read when they are of $name',
    ({ type, version, schema }) => {
      fc.assert(
        fc.property(anyDataOf(schema), (data) => {
          const key = (data as { accountId: string }).accountId;
          const { headers } = toWire({ ...exampleMessage(type as MessageType), key });
          const record = {
            key,
            value: JSON.stringify(data),
            headers: { ...headers, ce_dataschema: schemaUri(type, version) },
          };
          expect(fromWire(record)).toMatchObject({ type, version, data: data as object });
        }),
        { numRuns: 20 },
      );
    },
  );
});

describe('A release', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'released-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes what is new and leaves what was released as it is', async () => {
    await cp(releasedFolder(), folder, { recursive: true });
    await rm(join(folder, 'payment.failed.v1.json'));
    expect(await release(folder)).toEqual(['payment.failed']);
    const file = join(folder, 'payment.failed.v1.json');
    const schema = JSON.parse(await readFile(file, 'utf8')) as object;
    expect(schema).toMatchObject({ $id: 'urn:paybill:message:payment.failed:1' });
    const older = JSON.stringify({ ...schema, description: 'as it was said then' });
    await writeFile(file, older);
    expect(await release(folder)).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe(older);
    expect(breachesOf(await readReleased(folder))).toEqual([]);
  });

  it('is refused a folder that holds something else', async () => {
    await writeFile(join(folder, 'notes.json'), '{}');
    await expect(release(folder)).rejects.toThrow('notes.json is not named <type>.v<version>.json');
  });
});
