import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectionPolicy, policyNamed, policyOn } from './collection-policy.js';
import { readCollectionPolicy } from './collection-policy-file.job.js';

describe('A collection policy file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paybill-collections-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('comes with Paybill: US examples by the rules of Pennsylvania (52 Pa. Code §56.21, §56.22, §56.91)', async () => {
    const { versions } = await readCollectionPolicy();
    expect(versions).toMatchObject([
      {
        ...{ version: 'us-2020-01', currency: 'USD' },
        lateFee: { graceDays: 5, charge: { kind: 'percent', percent: '1.25' } },
        dunning: {
          steps: [{}, { kind: 'final-notice' }, { kind: 'suspension', daysAfterStep: 11 }, { kind: 'write-off' }],
        },
      },
    ]);
  });

  it('is refused with file and line when something in it is wrong, and when it is not there', async () => {
    const text = await readFile(new URL('../../collections/default.yaml', import.meta.url), 'utf8');
    const path = join(directory, 'mine.yaml');
    const at = (what: string) => text.slice(0, text.indexOf(what)).split('\n').length;
    const refused = async (was: string, is: string) => {
      await writeFile(path, text.replace(was, is));
      return readCollectionPolicy(path).then(
        () => 'taken',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    };
    expect(await refused('graceDays: 5', 'graceDays: some')).toContain(
      `CollectionPolicyRefused: ${path}:${at('graceDays: 5')}: versions.0.lateFee.graceDays`,
    );
    expect(await refused("leastOverdue: '10.00'", "leastOverdue: '10.001'")).toContain(
      `${path}:${at('leastOverdue')}: versions.0.lateFee.leastOverdue must have at most 2 decimals`,
    );
    expect(await refused('kind: percent, percent', 'kind: percent, amount')).toContain('versions.0.lateFee.charge');
    expect(await refused("percent: '1.25'", "percent: '125'")).toContain('is a percentage: at most 100');
    expect(await refused('kind: final-notice', 'kind: notice')).toContain('has no final-notice before it');
    expect(await refused('daysPastDue: 10', 'daysPastDue: 30')).toContain('comes before the step it stands behind');
    expect(await refused('step: suspension', 'step: past-due')).toContain('has the name of a step before it');
    await expect(readCollectionPolicy(join(directory, 'none.yaml'))).rejects.toThrow(
      'the collection policy cannot be read: ENOENT',
    );
  });

  it('has a version for each day from the first on, found by day and by name', () => {
    const version = (name: string, validFrom: string) => ({ version: name, validFrom, currency: 'USD' });
    const policy = CollectionPolicy.parse({ versions: [version('a', '2024-01-01'), version('b', '2025-01-01')] });
    expect(['2024-12-31', '2025-01-01'].map((day) => policyOn(policy, day).version)).toEqual(['a', 'b']);
    expect(() => policyOn(policy, '2023-12-31')).toThrow('no version of the collection policy holds on 2023-12-31');
    expect(policyNamed(policy, 'a').validFrom).toBe('2024-01-01');
    expect(() => policyNamed(policy, 'c')).toThrow('has no version c');
    const versions = [version('b', '2025-01-01'), version('b', '2024-01-01')];
    expect(CollectionPolicy.safeParse({ versions }).error?.issues.map(({ message }) => message)).toEqual([
      'has two versions of the same name',
      'must stand in the order of validFrom, and no two of the same day',
    ]);
  });
});
