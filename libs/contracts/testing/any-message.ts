import fc from 'fast-check';
import { type JsonSchema, type Message, MESSAGES, type MessageType, publishedSchema } from '#libs/contracts';

const instant = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const opaque = fc.stringMatching(/^[\w:-]{1,40}$/);
const number = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });
const formats: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  'date-time': instant,
  date: instant.map((text) => text.slice(0, 10)),
};

/**
 * Any message of any type (or of the given ones): it has its published shape and nothing more is true of it, so that its
 * sums do not add up and its accounts have no history.
 */
export function anyMessage(types = Object.keys(MESSAGES) as readonly MessageType[]): fc.Arbitrary<Message> {
  return fc.oneof(...types.map(anyMessageOf));
}

function anyMessageOf(type: MessageType): fc.Arbitrary<Message> {
  const parts = {
    id: fc.uuid(),
    sequence: number,
    position: number,
    time: instant,
    correlationId: opaque,
    causationId: opaque,
    traceparent: fc.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-0[01]$/),
    data: anyDataOf(publishedSchema(type)) as fc.Arbitrary<Message['data']>,
  };
  return fc
    .record(parts, { requiredKeys: ['id', 'sequence', 'position', 'time', 'correlationId', 'causationId', 'data'] })
    .map((made) => ({ ...made, type, version: MESSAGES[type].version, key: made.data.accountId }) as Message);
}

/** Any JSON that a schema of a message takes, as far as our schemas go. */
export function anyDataOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (schema['type'] === 'object') return anyObjectOf(schema);
  if (schema['type'] === 'array') return fc.array(anyDataOf(schema['items'] as JsonSchema), { maxLength: 4 });
  if (schema['type'] === 'string') return anyTextOf(schema);
  if (schema['type'] === 'boolean') return fc.boolean();
  if (schema['type'] === 'integer') {
    return fc.integer({ min: (schema['minimum'] as number | undefined) ?? 0, max: 1_000_000 });
  }
  throw new Error(`nothing is known of how to make ${JSON.stringify(schema)}`);
}

function anyObjectOf({ properties, required, additionalProperties }: JsonSchema): fc.Arbitrary<object> {
  if (additionalProperties !== undefined) {
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,12}-[a-z]{1,8}$/), anyDataOf(additionalProperties as JsonSchema), {
      maxKeys: 4,
      noNullPrototype: true,
    });
  }
  const members = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
  const arbitraries = Object.fromEntries(members.map(([name, schema]) => [name, anyDataOf(schema)]));
  return fc.record<Record<string, unknown>>(arbitraries, {
    requiredKeys: (required ?? []) as string[],
    noNullPrototype: true,
  });
}

function anyTextOf({ format, pattern, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (typeof format === 'string') return formats[format] ?? fc.constant('');
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern), { maxLength: 20 });
  if (minLength === undefined && maxLength === undefined) return fc.string({ unit: 'grapheme', maxLength: 20 });
  return fc.string({ minLength: minLength as number, maxLength: maxLength as number });
}
