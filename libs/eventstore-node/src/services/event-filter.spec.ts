import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { readEventFilter, type EventFilter } from './event-filter.js';

const STREAM = 1;
const TYPE = 2;
const event = { stream: 'account-1', revision: 0, type: 'BillIssued', created: 0 };

function filter(field: number, expression: ProtobufWriter, window = 32, multiplier = 1): EventFilter {
  const options = new ProtobufWriter().message(field, expression).varint(3, window).varint(5, multiplier);
  return readEventFilter(new ProtobufReader(options.finish()));
}
const regex = (text: string): ProtobufWriter => new ProtobufWriter().string(1, text);
const prefixes = (...texts: string[]): ProtobufWriter =>
  texts.reduce((message, text) => message.string(2, text), new ProtobufWriter());

describe('a filter', () => {
  it.each<[number, ProtobufWriter, boolean]>([
    [STREAM, prefixes('account-'), true],
    [STREAM, prefixes('bill-', 'account'), true],
    [STREAM, prefixes('Account-', 'ccount'), false],
    [STREAM, prefixes(), false],
    [STREAM, regex('^account-[0-9]+$'), true],
    [STREAM, regex('^bill'), false],
    [TYPE, prefixes('Bill'), true],
    [TYPE, prefixes('account'), false],
    [TYPE, regex('^[^$].*'), true],
    [TYPE, regex('^\\$'), false],
    // Allowed by the real server's dialect, an error in JavaScript's strict mode.
    [TYPE, regex('^Bill\\_?Issued'), true],
  ])('on field %i matches as its expression says', (field, expression, matches) => {
    expect(filter(field, expression).matches(event)).toBe(matches);
  });

  it('knows how often a checkpoint is due', () => {
    expect(filter(TYPE, regex('a'), 10, 3).checkpointInterval).toBe(30);
  });

  it('refuses what is no expression', () => {
    expect(() => filter(TYPE, regex('(['))).toThrow('regular expression');
  });
});
