import { Ajv, type Options, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import specs from '@asyncapi/specs';
import { asyncApi } from './asyncapi.js';
import { MESSAGES, type MessageType } from './catalogue.js';
import { exampleMessage } from './examples.js';
import { messageCatalogue } from './message-catalogue.js';
import { publishedSchema } from './schemas.js';
import { fromWire, toWire } from './wire.js';

interface Documented {
  readonly channels: Record<string, { address: string; messages: object }>;
  readonly operations: Record<string, { messages: object[] }>;
  readonly components: {
    readonly messages: Record<
      string,
      { headers: object; payload: { $id: string }; examples: { headers: object; payload: object }[] }
    >;
  };
}

const types = Object.keys(MESSAGES) as MessageType[];
const document = asyncApi() as unknown as Documented;

function validator(schema: object, options: Options = {}): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, ...options });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

describe('The AsyncAPI document', () => {
  it('is valid against the official schema of AsyncAPI 3.0', () => {
    // The schema brings the meta-schema of draft 07 along, which ajv would have twice.
    const validate = validator(specs.schemas['3.0.0'], { meta: false, validateSchema: false });
    validate(document);
    expect(validate.errors).toBeNull();
    expect(validate({ ...document, channels: 'none' })).toBe(false);
  });

  it('has every type of message in the channel, in the operation and as a component', () => {
    expect(Object.keys(document.components.messages)).toEqual(types);
    expect(Object.keys(document.channels['account']!.messages)).toEqual(types);
    expect(document.operations['tellOfAccounts']!.messages).toHaveLength(types.length);
  });

  it('refers only to what is in it', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, way]) =>
      way!.split('/'),
    );
    expect(references.length).toBeGreaterThan(types.length * 2);
    for (const way of references) {
      expect(way.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], document)).toBeDefined();
    }
  });

  it.each(types)('shows a %s whose data and headers have the documented shapes', (type) => {
    const { headers, payload, examples } = document.components.messages[type]!;
    const { components } = document;
    const [validHeaders, validData] = [validator({ ...headers, components }), validator(payload)];
    for (const example of examples) {
      expect([validHeaders(example.headers), validHeaders.errors]).toEqual([true, null]);
      expect([validData(example.payload), validData.errors]).toEqual([true, null]);
    }
    expect(validData({})).toBe(false);
    expect(validHeaders({ ...examples[0]!.headers, ce_type: 'another' })).toBe(false);
  });

  it.each(types)('leaves %s open to additions and names its schema as the messages do', (type) => {
    const schema = publishedSchema(type);
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    expect(toWire(exampleMessage(type)).headers['ce_dataschema']).toBe(schema['$id']);
    expect(fromWire(toWire(exampleMessage(type)))).toStrictEqual(exampleMessage(type));
  });
});

describe('The catalogue of messages', () => {
  const text = messageCatalogue();

  it.each(types)('tells of %s with its record, and says of every field what it is', (type) => {
    const [, section = ''] = text.split(`### ${type}\n`);
    const own = section.split('\n### ')[0]!;
    expect(own).toContain(MESSAGES[type].summary);
    expect(own).toContain(`ce_id=${exampleMessage(type).id}`);
    const rows = own.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThanOrEqual(Object.keys(MESSAGES[type].schema.shape).length);
    for (const row of rows) expect(row).not.toMatch(/undefined|\[object/);
  });

  it('describes every shape it refers to', () => {
    const links = [...text.matchAll(/\[(\w+)\]\(#(\w+)\)/g)];
    expect(links.length).toBeGreaterThan(0);
    for (const [, name] of links) expect(text).toContain(`\n### ${name}\n`);
  });
});
