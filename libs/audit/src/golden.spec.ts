import { readdirSync, readFileSync } from 'node:fs';
import { type AuditEvent, auditEvents } from './audit-events.js';
import { readCheckpoint } from './checkpoints/checkpoint.js';
import { readNote, signedBy, verifierKey } from './checkpoints/note.js';

/*
 * One stored event of every type and version, as it lies in the log. A golden file is never edited: when one fails, the
 * change under test breaks history that exists.
 */

interface Golden {
  readonly type: AuditEvent['type'];
  readonly version: number;
  readonly data: unknown;
}

const folder = new URL('golden/', import.meta.url);
const goldens = readdirSync(folder).map((file) => {
  const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden;
  return { file, ...golden };
});

describe('Audit events stored by earlier builds', () => {
  it('are there for every type and every version of it', () => {
    const versions = Object.entries(auditEvents.definitions).flatMap(([type, { version }]) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(goldens.map(({ file }) => file).sort()).toEqual(versions.sort());
  });

  it.each(goldens)('$file is read and has the current shape', ({ file, type, version, data }) => {
    const event = auditEvents.read(type, version, data);
    expect(file).toBe(`${type}.v${version}.json`);
    expect(() => auditEvents.check(event)).not.toThrow();
  });

  it('hold a checkpoint whose signature still holds', () => {
    const golden = goldens.find(({ type }) => type === 'CheckpointSigned')!;
    const event = auditEvents.read(golden.type, golden.version, golden.data);
    if (event.type !== 'CheckpointSigned') throw new Error('this is no checkpoint');
    const note = readNote(event.data.note);
    expect(signedBy(note, [verifierKey(event.data.verifierKey)])).toMatchObject({ by: { id: '26f4feba' } });
    expect(readCheckpoint(note.text)).toMatchObject({ origin: 'paybill.local/d50e2ae0', size: 14 });
  });
});
