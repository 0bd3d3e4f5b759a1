import { isMessageType, type Message, MESSAGES } from './catalogue.js';

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

const SOURCE = 'urn:paybill:ledger';
const SCHEMA = /^urn:paybill:message:([a-z.-]+):(\d{1,9})$/;
const UNSIGNED = /^\d{1,20}$/;

/** The URI of a message type's schema in a version: CloudEvents `dataschema`. */
export function schemaUri(type: string, version: number): string {
  return `urn:paybill:message:${type}:${version}`;
}

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
    ce_sequence: String(sequence),
    ce_position: String(position),
    ce_correlationid: correlationId,
    ce_causationid: causationId,
  };
  if (traceparent !== undefined) headers['ce_traceparent'] = traceparent;
  return { key, value: JSON.stringify(data), headers };
}

/** Reads a record. @throws Unreadable when it is no message, or of a type or version this build does not know. */
export function fromWire({ key, value, headers }: WireRecord): Message {
  const header = (name: string) => headers[name] ?? wrong(`header ${name} is missing`);
  if (header('ce_specversion') !== '1.0') wrong('header ce_specversion is not 1.0');
  const type = header('ce_type');
  const [, named, version] =
    SCHEMA.exec(header('ce_dataschema')) ?? wrong('header ce_dataschema names no schema of ours');
  if (!isMessageType(type) || named !== type) return wrong(`message type ${quoted(type)} is not known to this build`);
  const definition = MESSAGES[type];
  if (Number(version) > definition.version) {
    wrong(`message type ${type} has version ${version}; this build knows up to ${definition.version}`);
  }
  if (header('ce_subject') !== key) wrong('header ce_subject is not the key');
  const parsed = definition.schema.safeParse(json(value));
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    return wrong(`data does not have the shape of ${type}: ${fields.join('; ')}`);
  }
  const traceparent = headers['ce_traceparent'];
  return {
    id: header('ce_id'),
    type,
    version: Number(version),
    key,
    sequence: unsigned(header('ce_sequence'), 'ce_sequence'),
    position: unsigned(header('ce_position'), 'ce_position'),
    time: header('ce_time'),
    correlationId: header('ce_correlationid'),
    causationId: header('ce_causationid'),
    ...(traceparent !== undefined && { traceparent }),
    data: parsed.data,
  } as Message;
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return wrong('data is not JSON');
  }
}

function unsigned(text: string, header: string): bigint {
  return UNSIGNED.test(text) ? BigInt(text) : wrong(`header ${header} is no number`);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function wrong(reason: string): never {
  throw new Unreadable(reason);
}
