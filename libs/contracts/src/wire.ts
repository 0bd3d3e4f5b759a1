import { isMessageType, type Message, type MessageData, MESSAGES, type MessageType } from './catalogue.js';
import { propertyNames, readingSchema, schemaUri } from './schemas.js';

/** A record of a Kafka topic, as far as a message goes. */
export interface WireRecord {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Names in lower case, as CloudEvents' Kafka binding has them: `ce_id`, `ce_type`, `content-type`, … */
  readonly headers: Readonly<Record<string, string>>;
}

/** A record that is no message this build can read: what is wrong with it, never what is in it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Who speaks: CloudEvents `source` of every message. */
export const SOURCE = 'urn:paybill:ledger';
const SCHEMA = /^urn:paybill:message:([a-z.-]+):([1-9]\d{0,8})$/;
/** Fits a column of eight bytes, wherever a reader keeps it. */
const UNSIGNED = /^\d{1,18}$/;
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** CloudEvents' sequence extension wants texts that sort like the numbers: enough for ten billion messages of a key. */
const SEQUENCE_DIGITS = 10;

/**
 * A message as a Kafka record in the binary mode of CloudEvents 1.0.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export function toWire(message: Message): WireRecord {
  const { id, type, version, key, sequence, position, time, correlationId, causationId, traceparent, data } = message;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: SOURCE,
    ce_type: type,
    ce_subject: key,
    ce_time: time,
    ce_dataschema: schemaUri(type, version),
    ce_partitionkey: key,
    ce_sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    ce_position: String(position),
    ce_correlationid: correlationId,
    ce_causationid: causationId,
  };
  if (traceparent !== undefined) headers['ce_traceparent'] = traceparent;
  return { key, value: JSON.stringify(data), headers };
}

/**
 * Reads a record. Messages of older versions are read with the current schema, which takes all that were ever released:
 * what has been added since is optional or has a default.
 * @throws Unreadable when it is no message, or of a type or version this build does not know.
 */
export function fromWire({ key, value, headers }: WireRecord): Message {
  const header = (name: string) => headers[name] ?? wrong(`header ${name} is missing`);
  if (header('ce_specversion') !== '1.0') wrong('header ce_specversion is not 1.0');
  if (header('content-type') !== 'application/json') wrong('header content-type is not application/json');
  const { type, version } = typeAndVersion(header('ce_type'), header('ce_dataschema'));
  if (header('ce_subject') !== key) wrong('header ce_subject is not the key');
  const traceparent = headers['ce_traceparent'];
  return {
    id: matching(ID, header('ce_id'), 'header ce_id is no UUID'),
    type,
    version,
    key,
    sequence: BigInt(matching(UNSIGNED, header('ce_sequence'), 'header ce_sequence is no number')),
    position: BigInt(matching(UNSIGNED, header('ce_position'), 'header ce_position is no number')),
    time: matching(INSTANT, header('ce_time'), 'header ce_time is no instant in UTC'),
    correlationId: header('ce_correlationid'),
    causationId: header('ce_causationid'),
    ...(traceparent !== undefined && { traceparent }),
    data: dataOf(type, key, value),
  } as Message;
}

function typeAndVersion(type: string, dataschema: string): { type: MessageType; version: number } {
  const [, named, digits] = SCHEMA.exec(dataschema) ?? wrong('header ce_dataschema names no schema of ours');
  if (named !== type) wrong('header ce_dataschema names the schema of another type');
  if (!isMessageType(type)) return wrong(`message type ${quoted(type)} is not known to this build`);
  const version = Number(digits);
  const known = MESSAGES[type].version;
  if (version > known) wrong(`message type ${type} has version ${version}; this build knows up to ${known}`);
  return { type, version };
}

function dataOf(type: MessageType, key: string, value: string): MessageData<MessageType> {
  const parsed = MESSAGES[type].schema.safeParse(json(value));
  if (!parsed.success) {
    // A name that is not ours, such as a key of a map, is content as well.
    const ours = new Set<PropertyKey>(propertyNames(readingSchema(type)));
    const shown = (step: PropertyKey) => (typeof step === 'number' || ours.has(step) ? String(step) : '*');
    const fields = parsed.error.issues.map(({ path, code }) => `${path.map(shown).join('.') || 'data'} ${code}`);
    return wrong(`data does not have the shape of ${type}: ${fields.join('; ')}`);
  }
  // An effect on the account of the data, in the order of another key, would be a wrong effect.
  if (parsed.data.accountId !== key) wrong('accountId in the data is not the key');
  return parsed.data;
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return wrong('data is not JSON');
  }
}

function matching(pattern: RegExp, text: string, reason: string): string {
  return pattern.test(text) ? text : wrong(reason);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function wrong(reason: string): never {
  throw new Unreadable(reason);
}
