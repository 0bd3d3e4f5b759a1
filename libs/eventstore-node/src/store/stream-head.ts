import { createHash } from 'node:crypto';
import { isMetadataStream, METADATA_OF_METADATA, parseStreamMetadata, type StreamMetadata } from './stream-metadata.js';

/** What the store knows of a stream without reading its events. */
export interface StreamHead {
  /**
   * Prefix of the stream's index keys: the position of its first event; 0 while it has none. Of a tombstoned stream, whose
   * events nobody can reach any more, it is the position of the tombstone.
   */
  id: number;
  /** Revision of the last event, -1 when there is none. */
  last: number;
  /** Tombstoned: gone for ever, name included. */
  tombstoned: boolean;
  metadata?: StreamMetadata;
}

const LONGEST_KEY = 200;
const HASHED = 0xff;

/** The head of a stream nobody wrote to. */
export function emptyHead(stream: string): StreamHead {
  return { id: 0, last: -1, tombstoned: false, metadata: isMetadataStream(stream) ? METADATA_OF_METADATA : undefined };
}

/** lmdb keys are short: a long name is replaced by its hash, after a byte that no UTF-8 text contains. */
export function headKey(stream: string): Buffer {
  const name = Buffer.from(stream);
  if (name.length <= LONGEST_KEY) return name;
  return Buffer.concat([Buffer.of(HASHED), createHash('sha256').update(name).digest()]);
}

export function encodeHead(head: StreamHead): Buffer {
  const raw = head.metadata?.raw ?? '';
  const target = Buffer.allocUnsafe(17 + Buffer.byteLength(raw));
  target.writeDoubleLE(head.id, 0);
  target.writeDoubleLE(head.last, 8);
  target[16] = head.tombstoned ? 1 : 0;
  target.write(raw, 17);
  return target;
}

export function decodeHead(stream: string, bytes: Buffer): StreamHead {
  const head = emptyHead(stream);
  head.id = bytes.readDoubleLE(0);
  head.last = bytes.readDoubleLE(8);
  head.tombstoned = bytes[16] === 1;
  if (bytes.length > 17) head.metadata = parseStreamMetadata(bytes.toString('utf8', 17));
  return head;
}
