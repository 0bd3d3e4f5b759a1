import { hash as digest } from 'node:crypto';
import { type RawEvent } from './event-store-wire.js';
import { type EventMetadata } from './metadata.js';

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

/** What an event that is stored says about its place in the chain, and what its bytes say. */
export interface StoredLink {
  /** As it is stored. */
  readonly previousHash: string;
  /** As it is stored. */
  readonly hash: string;
  /** What the bytes come to; another than {@link hash} when something was changed. */
  readonly computed: string;
  /** Whether the event's id is the one its computed hash gives. */
  readonly idFollows: boolean;
}

/** What of a stored event its hash has to do with. */
type StoredTexts = Omit<RawEvent, 'isJson'>;

/** How every stored metadata ends: its last two members, each with a hash of 64 figures. */
const PREVIOUS = ',"previousHash":"';
const HASH = '","hash":"';
const END = '"}';
const HEX = 64;
const TAIL = PREVIOUS.length + HEX + HASH.length + HEX + END.length;
const ENDING = new RegExp(`^${PREVIOUS}[0-9a-f]{64}${HASH}[0-9a-f]{64}${END}$`);

/** What was hashed, gathered here; larger events get room of their own. */
const gathered = Buffer.allocUnsafe(64 * 1024);

/** The link of a stored event, or undefined when it carries none: then it was not written by Paybill. */
export function storedLink(event: StoredTexts): StoredLink | undefined {
  const { stream, revision, type, data, metadata, id } = event;
  const tail = metadata.toString('latin1', Math.max(0, metadata.length - TAIL));
  if (!ENDING.test(tail)) return undefined;
  const previousHash = tail.slice(PREVIOUS.length, PREVIOUS.length + HEX);
  const hash = tail.slice(-HEX - END.length, -END.length);
  const front = `${previousHash}\n${stream}\n${revision}\n${type}\n`;
  const withoutHash = metadata.length - (HASH.length - 1 + HEX + END.length);
  const most = front.length * 3 + data.length + metadata.length;
  const target = most <= gathered.length ? gathered : Buffer.allocUnsafe(most);
  let at = target.write(front);
  at += data.copy(target, at);
  target[at++] = LINE_FEED;
  at += metadata.copy(target, at, 0, withoutHash);
  target[at++] = CLOSING_BRACE;
  const computed = digest('sha256', target.subarray(0, at), 'hex');
  return { previousHash, hash, computed, idFollows: id === idOf(computed) };
}

/** Why a stored event does not continue the chain, or undefined when it does. */
export function brokenLink(event: StoredTexts, previousHash: string): string | undefined {
  const link = storedLink(event);
  if (!link) return 'it carries no hash';
  if (link.previousHash !== previousHash) return 'the previous hash is not the hash of the event before';
  if (link.hash !== link.computed) return 'the content does not match its hash';
  return link.idFollows ? undefined : 'the id does not follow from the hash';
}

const LINE_FEED = 0x0a;
const CLOSING_BRACE = 0x7d;
