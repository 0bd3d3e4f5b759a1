import { hash as digest } from 'node:crypto';
import { type EventMetadata, type StoredEvent } from './metadata.js';

/** What the first event of a stream has as its previous hash. */
export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return digest('sha256', text, 'hex');
}

/**
 * The hash of an event: SHA-256 over the lines previous hash, stream, revision, type, data and metadata, joined by line
 * feeds. Data and metadata are their stored JSON texts (which hold no raw line feed), the metadata without its last
 * member, `hash`. So anybody with the stored bytes and a SHA-256 can check a stream, without Paybill.
 */
function eventHash(
  event: { stream: string; revision: bigint; type: string },
  previousHash: string,
  dataJson: string,
  metadataJson: string,
): string {
  return sha256(`${previousHash}\n${event.stream}\n${event.revision}\n${event.type}\n${dataJson}\n${metadataJson}`);
}

/**
 * The id of an event: the first half of its hash as a UUID of version 8 (RFC 9562). The same append sent again has the
 * same ids, by which the store recognises it; but what another process decided for the same command at the same moment
 * has other ids, so that the store refuses it instead of taking it for a retry, and the chain never forks unseen.
 */
function idOf(hash: string): string {
  const variant = ((Number.parseInt(hash[16]!, 16) & 3) | 8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Links an event to its predecessor: its hash, its id, and the metadata text to store, which ends with that hash. */
export function link(
  event: { stream: string; revision: bigint; type: string; data: object },
  metadata: Omit<EventMetadata, 'hash'>,
): { hash: string; id: string; metadataJson: string } {
  const withoutHash = JSON.stringify(metadata);
  const hash = eventHash(event, metadata.previousHash, JSON.stringify(event.data), withoutHash);
  return { hash, id: idOf(hash), metadataJson: `${withoutHash.slice(0, -1)},"hash":"${hash}"}` };
}

/** Why a stored event does not continue the chain, or undefined when it does. */
export function brokenLink(event: StoredEvent, previousHash: string): string | undefined {
  const { hash, ...metadata } = event.metadata;
  if (metadata.previousHash !== previousHash) return 'the previous hash is not the hash of the event before';
  const expected = eventHash(event, previousHash, JSON.stringify(event.data), JSON.stringify(metadata));
  if (hash !== expected) return 'the content does not match its hash';
  return event.id === idOf(hash) ? undefined : 'the id does not follow from the hash';
}
