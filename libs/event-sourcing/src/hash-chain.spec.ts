import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { brokenLink, GENESIS_HASH, type StoredEvent } from '#libs/event-sourcing';
import { link } from './hash-chain.js';

function stored(
  data: object,
  revision = 0n,
  previousHash = GENESIS_HASH,
): { event: StoredEvent; metadataJson: string } {
  const event = { stream: 'till-1', revision, type: 'Put', data };
  const { id, metadataJson } = link(event, {
    commandId: 'c',
    correlationId: 'c',
    causationId: 'c',
    actor: 'test',
    commandHash: 'h',
    schemaVersion: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    previousHash,
  });
  return {
    event: { ...event, id, position: 0n, metadata: JSON.parse(metadataJson) as StoredEvent['metadata'] },
    metadataJson,
  };
}

describe('The hash chain of a stream', () => {
  it('can be checked from the stored bytes alone, as the documentation says', () => {
    const { event, metadataJson } = stored({ amount: '12.34' });
    const withoutHash = metadataJson.replace(/,"hash":"[0-9a-f]{64}"}$/, '}');
    const lines = [GENESIS_HASH, 'till-1', '0', 'Put', '{"amount":"12.34"}', withoutHash];
    expect(event.metadata.hash).toBe(createHash('sha256').update(lines.join('\n')).digest('hex'));
  });

  it('holds for whatever JSON is stored, after any number of trips through a parser', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const { event } = stored(JSON.parse(JSON.stringify(data)) as object);
        expect(brokenLink(event, GENESIS_HASH)).toBeUndefined();
      }),
    );
  });

  it.each<[string, (event: StoredEvent) => StoredEvent]>([
    ['an amount', (event) => ({ ...event, data: { amount: '12.35' } })],
    ['the type', (event) => ({ ...event, type: 'Taken' })],
    ['the stream', (event) => ({ ...event, stream: 'till-2' })],
    ['the revision', (event) => ({ ...event, revision: 1n })],
    ['who did it', (event) => ({ ...event, metadata: { ...event.metadata, actor: 'mallory' } })],
    ['when', (event) => ({ ...event, metadata: { ...event.metadata, recordedAt: '2025-01-01T00:00:00.000Z' } })],
  ])('shows that %s was changed', (_, tamper) => {
    const { event } = stored({ amount: '12.34' });
    expect(brokenLink(tamper(event), GENESIS_HASH)).toMatch('does not match its hash');
  });

  it('gives every event an id that is a UUID and follows from its hash', () => {
    const { event } = stored({ amount: '12.34' });
    expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(event.metadata.hash.startsWith(event.id.slice(0, 8))).toBe(true);
    expect(brokenLink({ ...event, id: '00000000-0000-8000-8000-000000000000' }, GENESIS_HASH)).toMatch('the id');
  });

  it('shows that an event was taken out before it', () => {
    const { event } = stored({ amount: '1' }, 1n, 'ab'.repeat(32));
    expect(brokenLink(event, GENESIS_HASH)).toMatch('previous hash');
  });
});
