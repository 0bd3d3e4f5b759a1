import { MESSAGES, type MessageType } from './catalogue.js';
import { exampleMessage } from './examples.js';
import { type JsonSchema, publishedSchema } from './schemas.js';
import { TOPICS } from './topics.js';
import { toWire } from './wire.js';

const BINDING = '0.5.0';
const types = Object.keys(MESSAGES) as MessageType[];

const text = (description: string, more: JsonSchema = {}) => ({ type: 'string', ...more, description });

/** Header values are texts in UTF-8, numbers included. */
const HEADERS: JsonSchema = {
  type: 'object',
  title: 'CloudEvents 1.0 in binary mode',
  properties: {
    'content-type': { const: 'application/json', description: 'Of the record’s value.' },
    ce_specversion: { const: '1.0', description: 'Of CloudEvents.' },
    ce_id: text('The event. The same in every delivery: what to tell duplicates by.', { format: 'uuid' }),
    ce_source: { const: 'urn:paybill:ledger', description: 'Who says it. With ce_id unique over all sources.' },
    ce_type: text('The type of message.'),
    ce_subject: text('The account; equals the record’s key.', { format: 'uuid' }),
    ce_time: text('When it was recorded, in UTC. Never goes backwards within an account.', { format: 'date-time' }),
    ce_dataschema: text('The schema of the value: urn:paybill:message:<type>:<version>.', { format: 'uri' }),
    ce_partitionkey: text('The account; equals the record’s key.', { format: 'uuid' }),
    ce_sequence: text(
      'Place among the messages of the account: from 0, without a gap, padded with zeros to 10 digits.',
      {
        pattern: '^\\d{10,18}$',
      },
    ),
    ce_position: text('Place in the log over all accounts, in bytes: it grows, and is no count.', {
      pattern: '^\\d{1,18}$',
    }),
    ce_correlationid: text('What the caller gave to everything that belongs together (X-Correlation-Id).'),
    ce_causationid: text('The request or message that caused it.'),
    ce_traceparent: text('W3C trace context of the request, when it had one.'),
  },
  required: [
    'content-type',
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_subject',
    'ce_time',
    'ce_dataschema',
    'ce_partitionkey',
    'ce_sequence',
    'ce_position',
    'ce_correlationid',
    'ce_causationid',
  ],
};

/**
 * What Paybill tells others, as an AsyncAPI 3.0 document. How many partitions the topic has is left to
 * infra/kafka/topics, because it differs between installations and no reader may build on it.
 */
export function asyncApi(): JsonSchema {
  return {
    asyncapi: '3.0.0',
    id: 'urn:paybill:ledger',
    info: {
      title: 'Paybill messages',
      // Grows with every type and every version of a type; the first number is the topic's.
      version: `1.${types.reduce((sum, type) => sum + MESSAGES[type].version, 0)}.0`,
      description:
        'What happens on billing accounts, as CloudEvents 1.0 in binary mode over Kafka. Guarantees, examples and how to read them: messages.md beside this document and libs/contracts/README.md.',
    },
    defaultContentType: 'application/json',
    channels: { account: channel() },
    operations: {
      tellOfAccounts: {
        action: 'send',
        title: 'Paybill tells of its accounts',
        summary: 'One message for every event of every account, in the order of the account’s events.',
        channel: { $ref: '#/channels/account' },
        messages: types.map((type) => ({ $ref: `#/channels/account/messages/${type}` })),
      },
    },
    components: {
      messages: Object.fromEntries(types.map((type) => [type, message(type)])),
      schemas: { headers: HEADERS },
    },
  };
}

function channel(): JsonSchema {
  return {
    address: TOPICS.account,
    title: 'Accounts',
    description:
      'All messages about accounts. Those of one account are in order and without a gap (ce_sequence); between accounts there is no order. Readers use isolation.level=read_committed.',
    messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: { kafka: { topic: TOPICS.account, bindingVersion: BINDING } },
  };
}

function message(type: MessageType): JsonSchema {
  const { summary, when, version } = MESSAGES[type];
  const payload = publishedSchema(type);
  const { headers, value } = toWire(exampleMessage(type));
  return {
    name: type,
    title: `${type}, version ${version}`,
    summary,
    description: when,
    contentType: 'application/json',
    headers: {
      allOf: [
        { $ref: '#/components/schemas/headers' },
        { type: 'object', properties: { ce_type: { const: type }, ce_dataschema: { const: payload['$id'] } } },
      ],
    },
    payload,
    examples: [{ name: type, headers, payload: JSON.parse(value) as unknown }],
    bindings: {
      kafka: { key: { type: 'string', format: 'uuid', description: 'The account.' }, bindingVersion: BINDING },
    },
  };
}
