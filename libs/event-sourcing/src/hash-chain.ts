import { createHash } from 'node:crypto';
import { type EventMetadata, type StoredEvent } from './metadata.js';

/** What the first event of a stream has as its previous hash. */
export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The hash of an event: SHA-256 over the lines previous hash, stream, revision, id, type, data and metadata, joined by
 * line feeds. Data and metadata are their stored JSON texts (which hold no raw line feed), the metadata without its last
 * member, `hash`. So anybody with the stored bytes and a SHA-256 can check a stream, without Paybill.
 */
function eventHash(
  event: { stream: string; revision: bigint; id: string; type: string },
  previousHash: string,
  dataJson: string,
  metadataJson: string,
): string {
  return sha256(
    `${previousHash}\n${event.stream}\n${event.revision}\n${event.id}\n${event.type}\n${dataJson}\n${metadataJson}`,
  );
}

/** Links an event to its predecessor: its hash and the metadata text to store, which ends with that hash. */
export function link(
  event: { stream: string; revision: bigint; id: string; type: string; data: object },
  metadata: Omit<EventMetadata, 'hash'>,
): { hash: string; metadataJson: string } {
  const withoutHash = JSON.stringify(metadata);
  const hash = eventHash(event, metadata.previousHash, JSON.stringify(event.data), withoutHash);
  return { hash, metadataJson: `${withoutHash.slice(0, -1)},"hash":"${hash}"}` };
}

/** Why a stored event does not continue the chain, or undefined when it does. */
export function brokenLink(event: StoredEvent, previousHash: string): string | undefined {
  const { hash, ...metadata } = event.metadata;
  if (metadata.previousHash !== previousHash) return 'the previous hash is not the hash of the event before';
  const expected = eventHash(event, previousHash, JSON.stringify(event.data), JSON.stringify(metadata));
  return hash === expected ? undefined : 'the content does not match its hash';
}
