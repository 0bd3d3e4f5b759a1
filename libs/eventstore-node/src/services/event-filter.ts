import { type RecordedHeader } from '../wire/recorded-event.js';
import { type ProtobufReader } from '../wire/protobuf-reader.js';
import { invalidArgument } from './rpc-error.js';

/** Which events of the log a read or a subscription wants. */
export interface EventFilter {
  matches(event: RecordedHeader): boolean;
  /** How many events a subscription looks at before it reports a checkpoint. */
  checkpointInterval: number;
}

/** Events looked at in one go when the client sets no window; the real server's figure, which sets the pace of checkpoints. */
const DEFAULT_WINDOW = 32;

interface Expression {
  regex: string;
  prefixes: string[];
}

/** Reads `FilterOptions`. */
export function readEventFilter(reader: ProtobufReader): EventFilter {
  let subject: 'stream' | 'type' | undefined;
  let expression: Expression = { regex: '', prefixes: [] };
  let window: number | undefined;
  let multiplier = 0;
  reader.each({
    1: (r) => {
      subject = 'stream';
      expression = readExpression(r.message());
    },
    2: (r) => {
      subject = 'type';
      expression = readExpression(r.message());
    },
    3: (r) => (window = r.uint32()),
    4: (r) => {
      r.skip();
      window = DEFAULT_WINDOW;
    },
    5: (r) => (multiplier = r.uint32()),
  });
  if (!subject) throw invalidArgument('A filter looks at the stream name or at the event type');
  if (window === undefined || window === 0) throw invalidArgument('A filter needs a search window');
  const test = compile(expression);
  const field = subject;
  return { matches: (event) => test(event[field]), checkpointInterval: multiplier * window };
}

function readExpression(reader: ProtobufReader): Expression {
  const expression: Expression = { regex: '', prefixes: [] };
  reader.each({ 1: (r) => (expression.regex = r.string()), 2: (r) => expression.prefixes.push(r.string()) });
  return expression;
}

function compile({ regex, prefixes }: Expression): (value: string) => boolean {
  if (regex === '') return (value) => prefixes.some((prefix) => value.startsWith(prefix));
  try {
    const pattern = new RegExp(regex, 'u');
    return (value) => pattern.test(value);
  } catch {
    return compileLoosely(regex);
  }
}

/** Some expressions that the server's dialect takes are errors only in JavaScript's strict mode. */
function compileLoosely(regex: string): (value: string) => boolean {
  try {
    const pattern = new RegExp(regex);
    return (value) => pattern.test(value);
  } catch {
    throw invalidArgument(`'${regex}' is not a regular expression`);
  }
}
