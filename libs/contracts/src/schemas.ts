import { z } from 'zod';
import { MESSAGES, type MessageType } from './catalogue.js';

/** JSON Schema of draft 07: what AsyncAPI 3.0 has as its own dialect, and every validator reads. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The URI of a message type's schema in a version: CloudEvents `dataschema`, and the schema's `$id`. */
export function schemaUri(type: string, version: number): string {
  return `urn:paybill:message:${type}:${version}`;
}

/** What is published of a type: what the data of every message of its current version have. */
export function publishedSchema(type: MessageType): JsonSchema {
  const { version, summary, schema } = MESSAGES[type];
  const { $schema, ...shape } = jsonSchema(schema, 'output');
  return { $schema, $id: schemaUri(type, version), title: type, description: summary, ...shape };
}

/** What `fromWire` asks of the data of a message of any version: less than what is published, where a default steps in. */
export function readingSchema(type: MessageType): JsonSchema {
  return jsonSchema(MESSAGES[type].schema, 'input');
}

/** The names of all properties in a schema, at any depth. */
export function propertyNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: object };
  return [...Object.keys(properties), ...Object.values(schema).flatMap(propertyNames)];
}

/**
 * `output` is the shape after reading: a property with a default is always there. `input` is the shape to be read. Both
 * stay open to more properties, because readers ignore what they do not know.
 */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-07',
    io,
    reused: 'inline',
    override({ jsonSchema: made }) {
      if (made.additionalProperties === false) delete made.additionalProperties;
      // The format says it. The pattern zod puts beside it is zod's own way to check it, and may change with zod.
      if (made.format !== undefined) delete made.pattern;
    },
  });
}
