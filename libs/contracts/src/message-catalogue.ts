import { MESSAGES, type MessageType } from './catalogue.js';
import { exampleMessage } from './examples.js';
import { type JsonSchema, publishedSchema } from './schemas.js';
import { TOPICS } from './topics.js';
import { toWire } from './wire.js';

/** A shape that is described once and named wherever it occurs. */
type NamedShapes = Map<string, JsonSchema>;

/** The public messages for people, as Markdown: what each says and when, its fields, and a record as kcat shows it. */
export function messageCatalogue(): string {
  const shapes: NamedShapes = new Map();
  const types = (Object.keys(MESSAGES) as MessageType[]).map((type) => section(type, shapes));
  const shared = [...shapes].sort(([one], [other]) => (one < other ? -1 : 1)).map((each) => shape(each, shapes));
  return `${INTRODUCTION}

## Messages

${types.join('\n\n')}

## Shapes that occur in several messages

${shared.join('\n\n')}
`;
}

const INTRODUCTION = `# Public messages

What Paybill tells other systems about billing accounts: CloudEvents 1.0 in binary mode on the Kafka topic
\`${TOPICS.account}\`. The same for programs is [asyncapi.json](asyncapi.json); how to read, and how versions grow, is in
[libs/contracts/README.md](../../libs/contracts/README.md). Each example is the record as kcat
shows it, broken into lines. Written by \`npm run generate\`.

## What you can rely on

- **Order.** The messages of one account are in the order in which they happened. The record's key is the account's id, and
  all messages of a key are in one partition. Between accounts there is no order.
- **No gap.** \`ce_sequence\` counts the messages of an account: 0, 1, 2, … Each of them is in the topic.
- **Duplicates.** With \`isolation.level=read_committed\` the topic holds each message once. Your reader still sees one again
  when it crashes between its effect and its commit: keep \`ce_id\` together with the effect and skip what you have seen.
- **Replay.** Nothing on the topic is ever changed. History can be had again on a topic of your own, with the same ids,
  sequences and positions.
- **Time.** \`ce_time\` is when it was recorded; \`effectiveAt\`, in the data, when it counts for the customer. A message may be
  about a day long past.
- **Sums.** Amounts are exact decimals in strings. Where a message says that some parts are together the amount, they are,
  to the cent.
- **Additions.** New properties and new types may come at any time: ignore what you do not know. Nothing else changes; a
  property keeps its name, type and meaning, and a list of values stays as it is.
- **Secrets.** No card numbers and no whole pay bill numbers. Personal data is encrypted with a key of the account's own.`;

function section(type: MessageType, shapes: NamedShapes): string {
  const { summary, when, version } = MESSAGES[type];
  const schema = publishedSchema(type);
  const { key, headers, value } = toWire(exampleMessage(type));
  const shown = Object.entries(headers).map(([name, text]) => `${name}=${text}`);
  return `### ${type}

${summary}

*Published:* ${when}

Version ${version}, schema \`${String(schema['$id'])}\`.

${table(schema, shapes)}

\`\`\`
key      ${key}
headers  ${shown.join(',\n         ')}
${JSON.stringify(JSON.parse(value), null, 2)}
\`\`\``;
}

function shape([name, schema]: [string, JsonSchema], shapes: NamedShapes): string {
  const { description } = schema;
  const said = typeof description === 'string' && name !== 'Money' ? [description] : [];
  return [`### ${name}`, ...said, table(schema, shapes)].join('\n\n');
}

function table(schema: JsonSchema, shapes: NamedShapes): string {
  const rows = fields(schema, '', shapes).map((cells) => `| ${cells.join(' | ')} |`);
  return ['| Field | Type | Always there | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function fields(schema: JsonSchema, prefix: string, shapes: NamedShapes): string[][] {
  const required = new Set(schema['required'] as string[] | undefined);
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  return properties.flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const meaning = typeof property['description'] === 'string' ? property['description'] : '';
    const row = [`\`${path}\``, typeName(property, shapes), required.has(name) ? 'yes' : 'no', meaning];
    return [row, ...inner(property, path, shapes)];
  });
}

/** The fields within a field, as far as its shape has no name of its own. */
function inner(property: JsonSchema, path: string, shapes: NamedShapes): string[][] {
  if (property['title'] !== undefined) return [];
  if (property['type'] === 'object') return fields(property, `${path}.`, shapes);
  if (property['type'] === 'array') return inner(property['items'] as JsonSchema, `${path}[]`, shapes);
  return [];
}

function typeName(schema: JsonSchema, shapes: NamedShapes): string {
  const { title, type, format, items, additionalProperties } = schema;
  if (typeof title === 'string') {
    if (!shapes.has(title)) shapes.set(title, schema);
    return `[${title}](#${title.toLowerCase()})`;
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  if (type === 'array') return `list of ${typeName(items as JsonSchema, shapes)}`;
  if (type === 'object' && additionalProperties !== undefined) {
    return `map of ${typeName(additionalProperties as JsonSchema, shapes)}`;
  }
  if (typeof format === 'string') return format;
  const pattern = typeof schema['pattern'] === 'string' ? ` \`${schema['pattern']}\`` : '';
  return `${String(type)}${pattern}`;
}
