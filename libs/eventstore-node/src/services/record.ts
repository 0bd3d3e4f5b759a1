import { randomUUID } from 'node:crypto';
import { type ProtobufReader } from '../wire/protobuf-reader.js';
import { type ProposedEvent } from '../wire/recorded-event.js';
import { parseUuid } from '../wire/uuid.js';
import { MAX_EVENT_SIZE, type ServiceContext } from './context.js';
import { invalidArgument } from './rpc-error.js';
import { appendSizeExceeded, recordSizeExceeded } from './v2-errors.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A version 2 record and the stream it says it is for (set only where one request carries records of many streams). */
export interface DecodedRecord {
  stream: string;
  event: ProposedEvent;
}

/** `SchemaFormat`, by number. */
const FORMATS = ['', 'Json', 'Protobuf', 'Avro', 'Bytes'];

/**
 * Reads `AppendRecord`. Version 1 readers see its properties as JSON metadata, together with the schema, which is how the
 * real server shows them.
 */
export function readRecord(reader: ProtobufReader): DecodedRecord {
  let stream = '';
  let id: string | undefined = randomUUID();
  let data: Buffer = Buffer.alloc(0);
  const properties: Record<string, Json> = {};
  let schema = { format: '', name: '', id: '' };
  reader.each({
    1: (r) => (id = parseUuid(r.string())),
    2: (r) => readProperty(r.message(), properties),
    3: (r) => (schema = readSchema(r.message())),
    4: (r) => (data = r.bytes()),
    5: (r) => (stream = r.string()),
  });
  if (!id) throw invalidArgument('The record id is not a uuid');
  if (schema.name === '') throw invalidArgument('A record needs a schema with a name');
  if (schema.format === '') throw invalidArgument('A record needs a schema with a format');
  const metadata: Record<string, Json> = {
    ...properties,
    '$schema.format': schema.format,
    '$schema.name': schema.name,
    ...(schema.id === '' ? {} : { '$schema.id': schema.id }),
  };
  return {
    stream,
    event: {
      id,
      type: schema.name,
      isJson: schema.format === 'Json',
      data,
      metadata: Buffer.from(JSON.stringify(metadata)),
    },
  };
}

/** Adds up the sizes of the records of one call and refuses what is too large. */
export function sizeGuard({ maxAppendSize }: ServiceContext): (stream: string, event: ProposedEvent) => void {
  let total = 0;
  return (stream, { id, type, data, metadata }) => {
    const size = data.length + metadata.length + Buffer.byteLength(type);
    if (size > MAX_EVENT_SIZE) throw recordSizeExceeded(stream, id, size, MAX_EVENT_SIZE);
    total += size;
    if (total > maxAppendSize) throw appendSizeExceeded(total, maxAppendSize);
  };
}

function readSchema(reader: ProtobufReader): { format: string; name: string; id: string } {
  const schema = { format: '', name: '', id: '' };
  reader.each({
    1: (r) => (schema.format = FORMATS[r.uint32()] ?? ''),
    2: (r) => (schema.name = r.string()),
    3: (r) => (schema.id = r.string()),
  });
  return schema;
}

function readProperty(entry: ProtobufReader, properties: Record<string, Json>): void {
  let key = '';
  let value: Json = null;
  entry.each({ 1: (r) => (key = r.string()), 2: (r) => (value = readValue(r.message())) });
  properties[key] = value;
}

/** Reads `google.protobuf.Value`. */
function readValue(reader: ProtobufReader): Json {
  let value: Json = null;
  reader.each({
    2: (r) => (value = r.double()),
    3: (r) => (value = r.string()),
    4: (r) => (value = r.bool()),
    5: (r) => {
      const fields: Record<string, Json> = {};
      r.message().each({ 1: (f) => readProperty(f.message(), fields) });
      value = fields;
    },
    6: (r) => {
      const list: Json[] = [];
      r.message().each({ 1: (f) => list.push(readValue(f.message())) });
      value = list;
    },
  });
  return value;
}
