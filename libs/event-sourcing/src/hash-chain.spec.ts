import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { GENESIS_HASH, type storedLink } from '#libs/event-sourcing';
import { brokenLink, link } from './hash-chain.js';

type Stored = Parameters<typeof storedLink>[0];

function stored(data: object, revision = 0n, previousHash = GENESIS_HASH): Stored {
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
  const bytes = { data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(metadataJson) };
  return { ...event, ...bytes, id, position: 0n };
}

function replaced(bytes: Buffer, text: string, other: string): Buffer {
  expect(bytes.toString()).toContain(text);
  return Buffer.from(bytes.toString().replace(text, other));
}

describe('The hash chain of a stream', () => {
  it('can be checked from the stored bytes alone, as the documentation says', () => {
    const metadata = stored({ amount: '12.34' }).metadata.toString();
    const withoutHash = metadata.replace(/,"hash":"[0-9a-f]{64}"}$/, '}');
    const lines = [GENESIS_HASH, 'till-1', '0', 'Put', '{"amount":"12.34"}', withoutHash];
    const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
    expect(metadata).toContain(`,"hash":"${hash}"}`);
  });

  it('holds for whatever JSON is stored, also for events larger than most', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(1, 5000), (data, times) => {
        const event = stored({ ...(JSON.parse(JSON.stringify(data)) as object), long: 'ü€ no money'.repeat(times) });
        expect(brokenLink(event, GENESIS_HASH)).toBeUndefined();
      }),
    );
  });

  it.each<[string, (event: Stored) => Stored]>([
    ['an amount', (event) => ({ ...event, data: replaced(event.data, '12.34', '12.35') })],
    ['a blank in the data', (event) => ({ ...event, data: replaced(event.data, ':', ': ') })],
    ['the type', (event) => ({ ...event, type: 'Taken' })],
    ['the stream', (event) => ({ ...event, stream: 'till-2' })],
    ['the revision', (event) => ({ ...event, revision: 1n })],
    ['who did it', (event) => ({ ...event, metadata: replaced(event.metadata, '"test"', '"mallory"') })],
    ['when', (event) => ({ ...event, metadata: replaced(event.metadata, '2026-01-01', '2025-01-01') })],
    ['a blank in the metadata', (event) => ({ ...event, metadata: replaced(event.metadata, ':1,', ': 1,') })],
  ])('shows that %s was changed', (_, tamper) => {
    expect(brokenLink(tamper(stored({ amount: '12.34' })), GENESIS_HASH)).toMatch('does not match its hash');
  });

  it('gives every event an id that is a UUID and follows from its hash', () => {
    const event = stored({ amount: '12.34' });
    expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(event.metadata.toString()).toContain(`"hash":"${event.id.slice(0, 8)}`);
    expect(brokenLink({ ...event, id: '00000000-0000-8000-8000-000000000000' }, GENESIS_HASH)).toMatch('the id');
  });

  it('shows that an event was taken out before it', () => {
    expect(brokenLink(stored({ amount: '1' }, 1n, 'ab'.repeat(32)), GENESIS_HASH)).toMatch('previous hash');
  });

  it('shows an event that somebody else wrote, without a hash', () => {
    const event = { ...stored({ amount: '1' }), metadata: Buffer.from('{"actor":"mallory"}') };
    expect(brokenLink(event, GENESIS_HASH)).toMatch('carries no hash');
    expect(brokenLink({ ...event, metadata: Buffer.alloc(0) }, GENESIS_HASH)).toMatch('carries no hash');
  });
});
