import fc from 'fast-check';
import { anyMessage } from '#testing/contracts';
import { type Message, MESSAGES, type MessageType } from './catalogue.js';
import { exampleMessage } from './examples.js';
import { fromWire, toWire, Unreadable, type WireRecord } from './wire.js';

const types = Object.keys(MESSAGES) as MessageType[];
const message = exampleMessage('payment.applied') as Extract<Message, { type: 'payment.applied' }>;
const record = toWire(message);

const withHeader = (name: string, text: string): WireRecord => ({
  ...record,
  headers: { ...record.headers, [name]: text },
});
const withData = (change: object): WireRecord => ({ ...record, value: JSON.stringify({ ...message.data, ...change }) });

function reasonOf(unreadable: WireRecord): string {
  try {
    fromWire(unreadable);
  } catch (error) {
    expect(error).toBeInstanceOf(Unreadable);
    return (error as Error).message;
  }
  throw new Error('it was read');
}

describe('A message on the wire', () => {
  it.each(types)('%s is read as it was written, whatever it says', (type) => {
    fc.assert(
      fc.property(anyMessage([type]), (any) => {
        expect(fromWire(toWire(any))).toStrictEqual(any);
      }),
      { numRuns: 50 },
    );
  });

  it('has the headers of CloudEvents 1.0 in binary mode, its extensions, and its data alone as the value', () => {
    expect(record).toStrictEqual({
      key: message.key,
      value: JSON.stringify(message.data),
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: message.id,
        ce_source: 'urn:paybill:ledger',
        ce_type: 'payment.applied',
        ce_subject: message.key,
        ce_time: message.time,
        ce_dataschema: 'urn:paybill:message:payment.applied:2',
        ce_partitionkey: message.key,
        ce_sequence: '0000000005',
        ce_position: '52748',
        ce_correlationid: message.correlationId,
        ce_causationid: message.causationId,
        ce_traceparent: message.traceparent,
      },
    });
  });

  it('names its attributes as CloudEvents demands: lower-case letters and figures, twenty at most', () => {
    const attributes = Object.keys(record.headers).filter((name) => name !== 'content-type');
    for (const name of attributes) expect(name).toMatch(/^ce_[a-z0-9]{1,20}$/);
  });

  it('has no header for a trace that nobody began', () => {
    const { traceparent: _none, ...untraced } = message;
    expect(toWire(untraced).headers).not.toHaveProperty('ce_traceparent');
    expect(fromWire(toWire(untraced))).toStrictEqual(untraced);
  });

  it('has sequences that sort as texts like the numbers they are', () => {
    const place = fc.bigInt({ min: 0n, max: 9_999_999_999n });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [first, second] = [one, other].map(
          (sequence) => toWire({ ...message, sequence }).headers['ce_sequence']!,
        );
        expect(first! < second!).toBe(one < other);
      }),
    );
  });

  it('is read without what this build does not know, because additions break nobody', () => {
    const later = withData({ colour: 'red', amount: { ...message.data.amount, rounded: false } });
    expect(fromWire({ ...later, headers: { ...later.headers, ce_colour: 'red' } })).toStrictEqual(message);
  });
});

describe('A record that is no message of ours', () => {
  const headers = Object.keys(record.headers).filter(
    (name) => !['ce_traceparent', 'ce_partitionkey', 'ce_source'].includes(name),
  );

  it.each(headers)('is refused without its header %s, by name', (name) => {
    const { [name]: _gone, ...rest } = record.headers;
    expect(reasonOf({ ...record, headers: rest })).toBe(`header ${name} is missing`);
  });

  it.each([
    ['ce_specversion', '0.3', 'header ce_specversion is not 1.0'],
    ['content-type', 'application/cloudevents+json', 'header content-type is not application/json'],
    ['ce_id', '17', 'header ce_id is no UUID'],
    ['ce_subject', '0f8fad5b-d9cb-469f-a165-70867728950e', 'header ce_subject is not the key'],
    ['ce_sequence', '-1', 'header ce_sequence is no number'],
    ['ce_sequence', '1234567890123456789', 'header ce_sequence is no number'],
    ['ce_position', '1e3', 'header ce_position is no number'],
    ['ce_time', 'yesterday', 'header ce_time is no instant in UTC'],
    ['ce_dataschema', 'https://example.com/schema', 'header ce_dataschema names no schema of ours'],
    ['ce_dataschema', 'urn:paybill:message:payment.applied:0', 'header ce_dataschema names no schema of ours'],
    ['ce_dataschema', 'urn:paybill:message:bill.issued:1', 'header ce_dataschema names the schema of another type'],
  ])('is refused for %s “%s”', (name, text, reason) => {
    expect(reasonOf(withHeader(name, text))).toBe(reason);
  });

  it.each(['payment.painted', 'constructor'])('is refused for the type %s that this build does not know', (type) => {
    const unknown = { ...record.headers, ce_type: type, ce_dataschema: `urn:paybill:message:${type}:1` };
    expect(reasonOf({ ...record, headers: unknown })).toBe(`message type "${type}" is not known to this build`);
  });

  it('is refused for a version this build does not know, and both are named', () => {
    const { version } = MESSAGES['payment.applied'];
    expect(reasonOf(withHeader('ce_dataschema', `urn:paybill:message:payment.applied:${version + 1}`))).toBe(
      `message type payment.applied has version ${version + 1}; this build knows up to ${version}`,
    );
  });

  it.each([
    ['no JSON', { ...record, value: '{"accountId":"7b0c' }, 'data is not JSON'],
    [
      'no object',
      { ...record, value: '"secret"' },
      'data does not have the shape of payment.applied: data invalid_type',
    ],
    [
      'about another account than its key',
      withData({ accountId: message.data.paymentId }),
      'accountId in the data is not the key',
    ],
    [
      'of another shape',
      withData({ amount: { amount: 'secret', currency: 'USD' }, channel: 'secret', paymentId: undefined }),
      'data does not have the shape of payment.applied: paymentId invalid_type; amount.amount invalid_format; channel invalid_value',
    ],
  ])('is refused when its data is %s, with the place and none of the content', (_, broken, reason) => {
    expect(reasonOf(broken)).toBe(reason);
  });

  it('is refused without repeating the names in a map, which are content too', () => {
    const preferences = exampleMessage('notification-preferences.changed');
    const value = JSON.stringify({ ...preferences.data, channels: { 'Rosa Diaz': ['pigeon'] } });
    expect(reasonOf({ ...toWire(preferences), value })).toBe(
      'data does not have the shape of notification-preferences.changed: channels.*.0 invalid_value',
    );
  });

  it('is refused as unreadable and never with another error, whatever it is', () => {
    const text = fc.string({ maxLength: 30 });
    const broken = fc.constantFrom(...Object.keys(record.headers));
    fc.assert(
      fc.property(broken, text, fc.json(), (name, other, value) => {
        expect(() => fromWire({ ...withHeader(name, other), value })).toThrow(Unreadable);
      }),
    );
  });
});
