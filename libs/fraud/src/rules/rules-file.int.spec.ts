import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RulesFile } from '#libs/fraud';

const rules = (version: string, moreThan: number | string = 5) => `version: "${version}"
rules:
  - { id: many-payments, version: 1, kind: velocity-count, scope: account, moreThan: ${moreThan}, window: PT1H, action: alert, severity: low }
`;

describe('A rules file on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fraud-rules-'));
    path = join(directory, 'rules.yaml');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is read again when it changes', async () => {
    await writeFile(path, rules('one'));
    const file = await RulesFile.open(path);
    expect(await file.refresh()).toBe(false);
    await writeFile(path, rules('two-is-longer'));
    expect(await file.refresh()).toBe(true);
    expect(file.rules.version).toBe('two-is-longer');
    expect(file.standing).toMatchObject({ path, refused: undefined });
  });

  it('leaves the old rules in force when it becomes bad, says why with path and line, and recovers', async () => {
    await writeFile(path, rules('one'));
    const file = await RulesFile.open(path);
    await writeFile(path, rules('two', 'many'));
    expect(await file.refresh()).toBe(true);
    expect(file.rules.version).toBe('one');
    expect(file.standing.refused?.reason).toBe(`${path}:3: rules.0.moreThan must be a whole number`);
    expect(await file.refresh()).toBe(false);
    await writeFile(path, rules('three'));
    await file.refresh();
    expect(file.rules.version).toBe('three');
    expect(file.standing.refused).toBeUndefined();
  });

  it('leaves the old rules in force when it is gone, and takes it back when it is there again', async () => {
    await writeFile(path, rules('one'));
    const file = await RulesFile.open(path);
    await rm(path);
    await file.refresh();
    expect(file.rules.version).toBe('one');
    expect(file.standing.refused?.reason).toContain(path);
    await writeFile(path, rules('one'));
    await file.refresh();
    expect(file.standing.refused).toBeUndefined();
  });

  it('is watched, and tells of a change', async () => {
    await writeFile(path, rules('one'));
    const file = await RulesFile.open(path);
    const ended = new AbortController();
    const seen: string[] = [];
    const watching = file.watch(
      ended.signal,
      (standing) => {
        seen.push(standing.rules.version);
        ended.abort();
      },
      5,
    );
    await writeFile(path, rules('two-is-longer'));
    await watching;
    expect(seen).toEqual(['two-is-longer']);
  });

  it('has to be there and right at the start', async () => {
    await expect(RulesFile.open(path)).rejects.toThrow('ENOENT');
    await writeFile(path, 'version: 1\n');
    await expect(RulesFile.open(path)).rejects.toThrow(`${path}:1: version must be a text in quotes`);
  });
});
