import { ProtobufReader, type Uint64 } from './protobuf-reader.js';
import { ProtobufWriter, putVarint, varintSize } from './protobuf-writer.js';
import { writeUuid } from './uuid.js';

/** An event as a client proposes it. */
export interface ProposedEvent {
  /** Canonical lower-case uuid. */
  id: string;
  type: string;
  isJson: boolean;
  data: Buffer;
  metadata: Buffer;
  /** Further entries of the protocol's metadata map, kept as they came. */
  properties?: [string, string][];
}

/** Where and when an event was recorded. */
export interface Placement {
  stream: string;
  revision: Uint64;
  position: number;
  /** Milliseconds since 1970. */
  created: number;
}

/** The largest revision; the tombstone of a stream carries it. */
export const TOMBSTONE_REVISION = 9_223_372_036_854_775_807n;

const ID_FIELD_LENGTH = 40;
const ID_START = 4;

const tagged = (length: number): number => 1 + varintSize(length) + length;

function putBytes(target: Buffer, position: number, tag: number, value: Buffer): number {
  target[position++] = tag;
  position = putVarint(target, position, value.length);
  value.copy(target, position);
  return position + value.length;
}

function mapEntry(key: string, value: string): Buffer {
  return new ProtobufWriter().string(1, key).string(2, value).finish();
}

/**
 * Encodes the protocol's `RecordedEvent`, which is what the store keeps: a read is then a copy of bytes. The id comes
 * first and has a fixed length (text form), so that it can be found, and replaced by its structured form, without parsing.
 */
export function encodeRecordedEvent(event: ProposedEvent, placement: Placement): Buffer {
  const name = Buffer.from(placement.stream);
  const entries = [
    mapEntry('type', event.type),
    mapEntry('created', `${placement.created}0000`),
    mapEntry('content-type', event.isJson ? 'application/json' : 'application/octet-stream'),
    ...(event.properties ?? []).map(([key, value]) => mapEntry(key, value)),
  ];
  const entriesLength = entries.reduce((sum, entry) => sum + tagged(entry.length), 0);
  const numbers = 3 + varintSize(placement.revision) + 2 * varintSize(placement.position);
  const streamLength = tagged(name.length);
  const length =
    ID_FIELD_LENGTH +
    tagged(streamLength) +
    numbers +
    entriesLength +
    tagged(event.metadata.length) +
    tagged(event.data.length);

  const target = Buffer.allocUnsafe(length);
  target.set([0x0a, 38, 0x12, 36]);
  target.write(event.id, ID_START, 'latin1');
  let at = ID_FIELD_LENGTH;
  target[at++] = 0x12;
  at = putVarint(target, at, streamLength);
  at = putBytes(target, at, 0x1a, name);
  target[at++] = 0x18;
  at = putVarint(target, at, placement.revision);
  target[at++] = 0x20;
  at = putVarint(target, at, placement.position);
  target[at++] = 0x28;
  at = putVarint(target, at, placement.position);
  for (const entry of entries) at = putBytes(target, at, 0x32, entry);
  at = putBytes(target, at, 0x3a, event.metadata);
  putBytes(target, at, 0x42, event.data);
  return target;
}

/** The event id of stored bytes. */
export function recordedId(record: Buffer): string {
  return record.toString('latin1', ID_START, ID_FIELD_LENGTH);
}

/** The same event with its id in the structured form, which some clients ask for. */
export function withStructuredId(record: Buffer): Buffer {
  const id = new ProtobufWriter().message(1, writeUuid(recordedId(record), true)).finish();
  return Buffer.concat([id, record.subarray(ID_FIELD_LENGTH)]);
}

/** What filters and expiry look at. */
export interface RecordedHeader {
  stream: string;
  revision: Uint64;
  type: string;
  created: number;
}

/** Reads the fields in front of the payload; the payload itself is not touched. */
export function readRecordedHeader(record: Buffer): RecordedHeader {
  const reader = new ProtobufReader(record, ID_FIELD_LENGTH);
  const header: RecordedHeader = { stream: '', revision: 0, type: '', created: 0 };
  while (reader.next() && reader.field < 7) {
    if (reader.field === 2) reader.message().each({ 3: (r) => (header.stream = r.string()) });
    else if (reader.field === 3) header.revision = reader.uint64();
    else if (reader.field !== 6) reader.skip();
    else {
      const [key, value] = readMapEntry(reader.message());
      if (key === 'type') header.type = value;
      else if (key === 'created') header.created = Number(value.slice(0, -4));
    }
  }
  return header;
}

/** The payload of stored bytes. */
export function recordedData(record: Buffer): Buffer {
  let data: Buffer = Buffer.alloc(0);
  new ProtobufReader(record, ID_FIELD_LENGTH).each({ 8: (r) => (data = r.bytes()) });
  return data;
}

/** Everything of stored bytes that identifies an event, and its payload, without copying it. */
export function readRecorded(record: Buffer): {
  id: string;
  stream: string;
  revision: bigint;
  type: string;
  data: Buffer;
  metadata: Buffer;
} {
  const { stream, revision, type } = readRecordedHeader(record);
  let data: Buffer = Buffer.alloc(0);
  let metadata: Buffer = Buffer.alloc(0);
  new ProtobufReader(record, ID_FIELD_LENGTH).each({ 7: (r) => (metadata = r.bytes()), 8: (r) => (data = r.bytes()) });
  return { id: recordedId(record), stream, revision: BigInt(revision), type, data, metadata };
}

/** One entry of a `map<string, string>`. */
export function readMapEntry(reader: ProtobufReader): [string, string] {
  const entry: [string, string] = ['', ''];
  reader.each({ 1: (r) => (entry[0] = r.string()), 2: (r) => (entry[1] = r.string()) });
  return entry;
}
