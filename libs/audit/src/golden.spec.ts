import { goldenEvents } from '#testing/event-sourcing';
import { auditEvents } from './audit-events.js';
import { readCheckpoint } from './checkpoints/checkpoint.js';
import { readNote, signedBy, verifierKey } from './checkpoints/note.js';

describe('Audit events stored by earlier builds', () => {
  const read = goldenEvents(auditEvents, import.meta.url);

  it('hold a checkpoint whose signature still holds', () => {
    const event = read('CheckpointSigned');
    const note = readNote(event.data.note);
    expect(signedBy(note, [verifierKey(event.data.verifierKey)])).toMatchObject({ by: { id: '26f4feba' } });
    expect(readCheckpoint(note.text)).toMatchObject({ origin: 'paybill.local/d50e2ae0', size: 14 });
  });
});
