import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '#libs/platform';
import { auditKeys, rotated } from './audit-keys.js';
import { auditKeyFile, auditKeysIn, AuditSettings, renewedKeys } from './audit-keys.job.js';
import { newSignerKey } from './note.js';

const [first, second] = ['2026', '2027'].map((year) => newSignerKey(`example.com/${year}`, randomBytes(32))) as [
  string,
  string,
];

describe('The keys of the audit', () => {
  it('are a signing key, and verifier keys of those it has taken the place of', () => {
    const both = rotated(second, rotated(first, ''));
    const { signer, verifiers } = auditKeys(both);
    expect(signer!.verifier.name).toBe('example.com/2027');
    expect(verifiers.map(({ name }) => name)).toEqual(['example.com/2027', 'example.com/2026']);
    // What signed before can be checked and not used any more.
    expect(both.match(/PRIVATE/g)).toHaveLength(1);
  });

  // tlog-checkpoint: the origin of a checkpoint should be the name of the key that signs it.
  it('are renewed under the name of the one before, unless another is given', () => {
    const [own, before] = auditKeys(renewedKeys(first)).verifiers;
    expect([own!.name, before!.name]).toEqual(['example.com/2026', 'example.com/2026']);
    expect(own!.id).not.toBe(before!.id);
    const verifiersAlone = `${auditKeys(first).verifiers[0]!.text}`;
    expect(auditKeys(renewedKeys(verifiersAlone)).signer!.verifier.name).toBe('example.com/2026');
    expect(auditKeys(renewedKeys(first, 'example.com/other')).signer!.verifier.name).toBe('example.com/other');
    expect(auditKeys(renewedKeys('')).signer!.verifier.name).toMatch(/^paybill\.local\/[0-9a-f]{8}$/);
  });

  it('may be verifier keys alone: then nobody signs here', () => {
    const [verifier] = auditKeys(first).verifiers;
    expect(auditKeys(verifier!.text)).toMatchObject({ verifiers: [{ name: 'example.com/2026' }] });
    expect(auditKeys(verifier!.text).signer).toBeUndefined();
  });

  it('are refused when two would sign', () => {
    expect(() => auditKeys(`${first} ${second}`)).toThrow('more than one signing key');
  });

  it('are read from the environment; what is wrong there is named and not shown', () => {
    expect(readConfig(AuditSettings, { PAYBILL_AUDIT_KEY: `${first}\n` }).PAYBILL_AUDIT_KEY!.signer).toBeDefined();
    expect(readConfig(AuditSettings, {})).toEqual({ PAYBILL_CHECKPOINT_SECONDS: 3600 });
    const wrong = { PAYBILL_AUDIT_KEY: first.slice(0, -4), PAYBILL_CHECKPOINT_SECONDS: 'hourly' };
    expect(() => readConfig(AuditSettings, wrong)).toThrow(
      /^wrong configuration: PAYBILL_AUDIT_KEY must be a signing key as "paybill audit new-key" makes it, and the verifier keys of earlier ones; PAYBILL_CHECKPOINT_SECONDS must be a whole number/,
    );
  });

  it('are made in a data directory that has none, readable by their owner only, and stay', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'audit-keys-'));
    const { signer } = await auditKeysIn(directory);
    expect((await stat(auditKeyFile(directory))).mode & 0o777).toBe(0o600);
    expect((await auditKeysIn(directory)).signer!.verifier.text).toBe(signer!.verifier.text);
    await writeFile(auditKeyFile(directory), 'something else');
    await expect(auditKeysIn(directory)).rejects.toThrow(/audit\.key holds no signing key/);
    await rm(directory, { recursive: true });
  });
});
