import { ANY, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from '../store/consistency.js';
import { isInvalidStreamName } from '../store/stream-metadata.js';
import { type ProtobufReader, type Uint64 } from '../wire/protobuf-reader.js';
import { readMapEntry, type ProposedEvent } from '../wire/recorded-event.js';
import { readUuid } from '../wire/uuid.js';
import { MAX_EVENT_SIZE } from './context.js';
import { eventTooLarge, invalidArgument, metadataMissing } from './rpc-error.js';

const MAX_INT64 = (1n << 63n) - 1n;
const MAX_UINT64 = (1n << 64n) - 1n;
const JSON_TYPE = 'application/json';

/** The options of the append and delete calls, which all name a stream and an expected revision. */
export interface StreamOptions {
  stream?: string;
  expected?: ExpectedRevision;
}

/** Reads `StreamIdentifier`. */
export function readStreamIdentifier(reader: ProtobufReader): string {
  let name = '';
  reader.each({ 3: (r) => (name = r.string()) });
  return name;
}

/** Reads an unsigned revision or position, of which the largest means "none"; those that fit no int64 are refused. */
export function readRevision(value: Uint64): Uint64 {
  if (value === MAX_UINT64) return NO_STREAM;
  if (value > MAX_INT64) throw invalidArgument(`${value} is out of range`);
  return value;
}

/** The fields that `AppendReq.Options`, `BatchAppendReq.Options`, `DeleteReq.Options` and `TombstoneReq.Options` share. */
export function streamOptionHandlers(options: StreamOptions): Record<number, (reader: ProtobufReader) => void> {
  const expect = (expected: ExpectedRevision) => (reader: ProtobufReader) => {
    reader.skip();
    options.expected = expected;
  };
  return {
    1: (r) => (options.stream = readStreamIdentifier(r.message())),
    2: (r) => (options.expected = readRevision(r.uint64())),
    3: expect(NO_STREAM),
    4: expect(ANY),
    5: expect(STREAM_EXISTS),
  };
}

/** Options that are complete and name a stream that can exist. */
export function requireOptions({ stream, expected }: StreamOptions): { stream: string; expected: ExpectedRevision } {
  if (stream === undefined || isInvalidStreamName(stream)) throw invalidArgument('A stream name is required');
  if (expected === undefined) throw invalidArgument('An expected revision is required');
  return { stream, expected };
}

/** Reads `ProposedMessage`, which the append and the batch append share. */
export function readProposedMessage(reader: ProtobufReader): ProposedEvent {
  let id: string | undefined;
  let type: string | undefined;
  let contentType: string | undefined;
  const properties: [string, string][] = [];
  const event: ProposedEvent = { id: '', type: '', isJson: false, data: Buffer.alloc(0), metadata: Buffer.alloc(0) };
  while (reader.next()) {
    if (reader.field === 1) id = readUuid(reader.message());
    else if (reader.field === 3) event.metadata = reader.bytes();
    else if (reader.field === 4) event.data = reader.bytes();
    else if (reader.field !== 2) reader.skip();
    else {
      const [key, value] = readMapEntry(reader.message());
      if (key === 'type') type = value;
      else if (key === 'content-type') contentType = value;
      else if (key !== 'created') properties.push([key, value]);
    }
  }
  if (!id) throw invalidArgument('The event id is not a uuid');
  if (type === undefined) throw metadataMissing('type');
  if (contentType === undefined) throw metadataMissing('content-type');
  event.id = id;
  event.type = type;
  event.isJson = contentType === JSON_TYPE;
  if (properties.length > 0) event.properties = properties;
  return event;
}

/** The size by which appends are limited. Events that are too large by themselves are refused. */
export function proposedSize({ id, type, data, metadata }: ProposedEvent): number {
  const size = data.length + metadata.length + type.length * 2;
  if (size > MAX_EVENT_SIZE) throw eventTooLarge(id, size, MAX_EVENT_SIZE);
  return size;
}
