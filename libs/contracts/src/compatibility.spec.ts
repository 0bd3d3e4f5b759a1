import fc from 'fast-check';
import { anyDataOf } from '#testing/contracts';
import { z } from 'zod';
import { MESSAGES, type MessageType } from './catalogue.js';
import { breaches } from './compatibility.js';
import { type JsonSchema, jsonSchema, publishedSchema } from './schemas.js';

const Money = z.object({ amount: z.string().regex(/^\d+$/), currency: z.string() });
const first = z.object({
  id: z.uuid(),
  total: Money,
  note: z.string().optional(),
  kind: z.enum(['card', 'cash']),
  lines: z.array(z.object({ name: z.string() })),
  byName: z.record(z.string(), z.array(z.string())),
});

/** What the check says when a schema follows the first one, as `pointer: reason`. */
function following(next: z.ZodType, version = 2, before: z.ZodType = first): string[] {
  const released = [{ type: 'bill.sent', version: 1, schema: jsonSchema(before, 'output') }];
  const current = { version, published: jsonSchema(next, 'output'), reading: jsonSchema(next, 'input') };
  return breaches(released, { 'bill.sent': current }).map(({ pointer, reason }) => `${pointer}: ${reason}`);
}

describe('The next version of a message', () => {
  it.each([
    ['has one more property that may be missing', first.extend({ colour: z.string().optional() })],
    [
      'always has one more, and its readers have a default for old messages',
      first.extend({ colour: z.string().default('red') }),
    ],
    [
      'has one more within a list',
      first.extend({ lines: z.array(z.object({ name: z.string(), net: Money.optional() })) }),
    ],
    [
      'always has what could be missing, with a default for old messages',
      first.extend({ note: z.string().default('') }),
    ],
    ['has a further shape of its own', first.extend({ period: z.object({ from: z.string() }).optional() })],
    ['says better what a property means', first.extend({ id: z.uuid().describe('The bill.') })],
    ['lists the same values in another order', first.extend({ kind: z.enum(['cash', 'card']) })],
  ])('breaks nobody when it %s', (_, next) => {
    expect(following(next)).toEqual([]);
  });

  it.each([
    ['a property is gone', first.omit({ note: true }), ['/properties/note: the property is gone']],
    [
      'a property has another name',
      first.omit({ id: true }).extend({ billId: z.uuid().optional() }),
      ['/properties/id: the property is gone or has another name'],
    ],
    [
      'a property has another type',
      first.extend({ id: z.number() }),
      ['/properties/id/type: type changed from "string" to "number"', '/properties/id/format: format changed'],
    ],
    [
      'a text has another form',
      first.extend({ total: Money.extend({ amount: z.string().regex(/^-?\d+$/) }) }),
      ['/properties/total/properties/amount/pattern: pattern changed from "^\\\\d+$" to "^-?\\\\d+$"'],
    ],
    [
      'what was always there may be missing',
      first.extend({ id: z.uuid().optional() }),
      ['/properties/id: the property was always there and may now be missing'],
    ],
    [
      'a list of values is longer',
      first.extend({ kind: z.enum(['card', 'cash', 'check']) }),
      ['/properties/kind/enum: the values changed'],
    ],
    [
      'a list of values is shorter',
      first.extend({ kind: z.enum(['card']) }),
      ['/properties/kind/enum: the values changed'],
    ],
    [
      'the items of a list are others',
      first.extend({ lines: z.array(z.string()) }),
      ['/properties/lines/items/type: type changed'],
    ],
    [
      'the entries of a map are others',
      first.extend({ byName: z.record(z.string(), z.string()) }),
      ['/properties/byName/additionalProperties/type: type changed'],
    ],
    [
      'a text has a limit',
      first.extend({ note: z.string().max(10).optional() }),
      ['/properties/note/maxLength: maxLength changed from nothing to 10'],
    ],
    [
      'it takes nothing it does not know',
      z.strictObject(first.shape).catchall(z.string()),
      ['/additionalProperties: additionalProperties changed'],
    ],
  ])('is refused when %s, with the place', (_, next, reasons) => {
    const found = following(next);
    for (const reason of reasons) expect(found).toContainEqual(expect.stringContaining(reason));
  });

  it.each([
    ['a new property', first.extend({ colour: z.string() }), '/properties/colour'],
    ['an old one that could be missing', first.extend({ note: z.string() }), '/properties/note'],
    [
      'one within a list',
      first.extend({ lines: z.array(z.object({ name: z.string(), net: Money })) }),
      '/properties/lines/items/properties/net',
    ],
  ])('is refused when reading demands %s, because old messages in the topic could not be read', (_, next, pointer) => {
    const cure = 'messages of version 1 may lack it and could not be read: make it optional or give it a default';
    expect(following(next)).toEqual([`${pointer}: ${cure}`]);
    const old = {
      id: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b00',
      total: { amount: '1', currency: 'USD' },
      kind: 'card',
      lines: [{ name: 'L1' }],
      byName: {},
    };
    expect(first.safeParse(old).success).toBe(true);
    expect(next.safeParse(old).success).toBe(false);
  });

  it('is refused when it is not called the next version', () => {
    const more = first.extend({ colour: z.string().optional() });
    expect(following(more, 1)).toEqual(['/properties/colour: a property was added; that needs version 2']);
    expect(following(more, 3)).toEqual([': version 3 comes where 2 is next']);
    expect(following(more, 0)).toContainEqual(': version 0 comes after version 1 was released');
  });
});

describe('The types of messages', () => {
  const schema = jsonSchema(first, 'output');
  const one = { version: 1, published: schema, reading: schema };

  it('may become more, each beginning with version 1', () => {
    expect(breaches([], { 'bill.sent': one })).toEqual([]);
    expect(breaches([], { 'bill.sent': { ...one, version: 2 } })).toEqual([
      { type: 'bill.sent', pointer: '', reason: 'version 2 comes where 1 is next' },
    ]);
  });

  it('never become fewer', () => {
    expect(breaches([{ type: 'bill.sent', version: 1, schema }], {})).toEqual([
      { type: 'bill.sent', pointer: '', reason: expect.stringContaining('the type is gone') as string },
    ]);
  });

  it('keep every schema that was released', () => {
    expect(breaches([{ type: 'bill.sent', version: 2, schema }], { 'bill.sent': { ...one, version: 2 } })).toEqual([
      { type: 'bill.sent', pointer: '', reason: 'version 1 is missing among the released schemas' },
    ]);
  });

  it('are read in every version that was released, not in the last alone', () => {
    const grown = first.extend({ colour: z.string().default('red') });
    const released = [
      { type: 'bill.sent', version: 1, schema },
      { type: 'bill.sent', version: 2, schema: jsonSchema(grown, 'output') },
    ];
    const stricter = first.extend({ colour: z.string() });
    const current = { version: 2, published: jsonSchema(stricter, 'output'), reading: jsonSchema(stricter, 'input') };
    expect(breaches(released, { 'bill.sent': current })).toContainEqual({
      type: 'bill.sent',
      pointer: '/properties/colour',
      reason: expect.stringContaining('messages of version 1 may lack it') as string,
    });
  });
});

describe('The laws of compatibility, for every message we publish', () => {
  const types = fc.constantFrom(...(Object.keys(MESSAGES) as MessageType[]));
  /** A schema of ours and one of the objects in it, by the way to it. */
  const objects = types.chain((type) => {
    const schema = publishedSchema(type);
    return fc.record({ schema: fc.constant(schema), way: fc.constantFrom(...waysToObjects(schema)) });
  });
  const against = (released: JsonSchema, next: JsonSchema, version = 2) =>
    breaches([{ type: 'any', version: 1, schema: released }], { any: { version, published: next, reading: next } });

  it('a schema is compatible with itself', () => {
    fc.assert(fc.property(types.map(publishedSchema), (schema) => against(schema, schema, 1).length === 0));
  });

  it('a property that may be missing can be added to any object', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom('colour', 'a/b', 'toString'), ({ schema, way }, name) => {
        const next = changed(schema, way, (object) => ({
          ...object,
          properties: { ...(object['properties'] as object), [name]: { type: 'string' } },
        }));
        expect(against(schema, next)).toEqual([]);
        expect(against(schema, next, 1)).toHaveLength(1);
      }),
    );
  });

  it('no property can be taken from any object, and the breach points to it', () => {
    fc.assert(
      fc.property(objects, fc.nat(), ({ schema, way }, which) => {
        const names = Object.keys(at(schema, way)['properties'] as object);
        const name = names[which % names.length]!;
        const next = changed(schema, way, ({ properties, required, ...object }) => ({
          ...object,
          properties: Object.fromEntries(Object.entries(properties as object).filter(([each]) => each !== name)),
          required: (required as string[] | undefined)?.filter((each) => each !== name),
        }));
        const pointer = ['', ...way, 'properties', name].join('/');
        expect(against(schema, next)).toContainEqual(expect.objectContaining({ pointer }));
      }),
    );
  });

  it('what a schema takes is taken by each schema that may follow it', () => {
    const next = first.extend({ colour: z.string().default('red'), period: z.object({ from: z.string() }).optional() });
    expect(following(next)).toEqual([]);
    fc.assert(fc.property(anyDataOf(jsonSchema(first, 'output')), (data) => next.safeParse(data).success));
  });
});

/** The ways to all objects in a schema, itself included, through properties and lists. */
function waysToObjects(schema: JsonSchema, way: readonly string[] = []): string[][] {
  if (schema['items']) return waysToObjects(schema['items'] as JsonSchema, [...way, 'items']);
  if (!schema['properties']) return [];
  const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
  return [[...way], ...properties.flatMap(([name, property]) => waysToObjects(property, [...way, 'properties', name]))];
}

function at(schema: JsonSchema, way: readonly string[]): JsonSchema {
  return way.reduce((inner, step) => inner[step] as JsonSchema, schema);
}

function changed(schema: JsonSchema, way: readonly string[], change: (object: JsonSchema) => JsonSchema): JsonSchema {
  const [step, ...rest] = way;
  if (step === undefined) return change(schema);
  return { ...schema, [step]: changed(schema[step] as JsonSchema, rest, change) };
}
