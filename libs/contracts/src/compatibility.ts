import { isDeepStrictEqual } from 'node:util';
import { type JsonSchema } from './schemas.js';

/** The schema of a type in a version that was released: somebody reads by it, and messages of it are in the topic. */
export interface ReleasedSchema {
  readonly type: string;
  readonly version: number;
  readonly schema: JsonSchema;
}

/** What the code has of a type now. */
export interface CurrentSchema {
  readonly version: number;
  /** What all messages of this version have. */
  readonly published: JsonSchema;
  /** What a message must have to be read, whatever its version. */
  readonly reading: JsonSchema;
}

/** One thing that would break a reader. */
export interface Breach {
  readonly type: string;
  /** JSON Pointer (RFC 6901) into the type's schema; empty for the whole of it. */
  readonly pointer: string;
  readonly reason: string;
}

type Found = Omit<Breach, 'type'>;

interface Difference {
  readonly pointer: string;
  readonly what: string;
  /** Takes nothing from a reader of the released schema. */
  readonly additive: boolean;
}

/** What is said for people; it may be put better at any time. A change of meaning is a new property all the same. */
const ANNOTATIONS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples', 'deprecated']);
const WHAT_READERS_LOSE: Readonly<Record<string, string>> = {
  enum: 'the values changed: readers switch over all of them, and old messages hold the old ones',
};

/**
 * Everything in the current schemas that breaks readers of the released ones, both the others who hold an old schema and
 * read new messages, and ourselves who hold the new schema and read old messages. A new type breaks nobody.
 */
export function breaches(
  released: readonly ReleasedSchema[],
  current: Readonly<Record<string, CurrentSchema>>,
): Breach[] {
  const types = [...new Set([...released.map(({ type }) => type), ...Object.keys(current)])].sort();
  return types.flatMap((type) => {
    const history = released.filter((each) => each.type === type).sort((one, other) => one.version - other.version);
    const found = Object.hasOwn(current, type)
      ? [...breachesOfOrder(history, current[type]!), ...breachesOfShape(history, current[type]!)]
      : [{ pointer: '', reason: 'the type is gone: its messages stay in the topic and its readers wait for more' }];
    return found.map((breach) => ({ type, ...breach }));
  });
}

/** Versions are 1, 2, 3, … without a gap; the current one is the last that was released or the next. */
function breachesOfOrder(history: readonly ReleasedSchema[], { version }: CurrentSchema): Found[] {
  const said = (reason: string) => [{ pointer: '', reason }];
  const gap = history.findIndex((each, index) => each.version !== index + 1);
  if (gap >= 0) return said(`version ${gap + 1} is missing among the released schemas`);
  const last = history.length;
  if (version < last) return said(`version ${version} comes after version ${last} was released`);
  if (version > last + 1) return said(`version ${version} comes where ${last + 1} is next`);
  return [];
}

function* breachesOfShape(
  history: readonly ReleasedSchema[],
  { version, published, reading }: CurrentSchema,
): Generator<Found> {
  const last = history.at(-1);
  if (!last) return;
  for (const { pointer, what, additive } of differences(last.schema, published, '')) {
    if (!additive) yield { pointer, reason: what };
    else if (version === last.version) yield { pointer, reason: `${what}; that needs version ${version + 1}` };
  }
  const unreadable = new Map(history.flatMap((old) => [...demands(old.version, old.schema, reading)]));
  for (const [pointer, reason] of unreadable) yield { pointer, reason };
}

function* differences(released: JsonSchema, current: JsonSchema, at: string): Generator<Difference> {
  const keywords = new Set([...Object.keys(released), ...Object.keys(current)]);
  for (const keyword of [...keywords].filter((each) => !ANNOTATIONS.has(each))) {
    const [before, after] = [released[keyword], current[keyword]];
    const pointer = `${at}/${keyword}`;
    if (keyword === 'properties') yield* differencesOfProperties(released, current, at);
    else if (keyword === 'required') yield* differencesOfRequired(released, current, at);
    else if (isSchema(before) && isSchema(after)) yield* differences(before, after, pointer);
    else if (keyword === 'default' && before === undefined)
      yield { pointer, what: 'a default was added', additive: true };
    else if (!same(keyword, before, after)) {
      const what = WHAT_READERS_LOSE[keyword] ?? `${keyword} changed from ${shown(before)} to ${shown(after)}`;
      yield { pointer, what, additive: false };
    }
  }
}

function* differencesOfProperties(released: JsonSchema, current: JsonSchema, at: string): Generator<Difference> {
  const [before, after] = [propertiesOf(released), propertiesOf(current)];
  for (const [name, schema] of before) {
    const pointer = `${at}/properties/${escaped(name)}`;
    const now = after.get(name);
    if (now) yield* differences(schema, now, pointer);
    else yield { pointer, what: 'the property is gone or has another name: readers use it', additive: false };
  }
  // Where entries of any name had a meaning, or none were allowed, a name of its own is no mere addition.
  const additive = released['additionalProperties'] === undefined;
  for (const name of after.keys()) {
    if (!before.has(name))
      yield { pointer: `${at}/properties/${escaped(name)}`, what: 'a property was added', additive };
  }
}

function* differencesOfRequired(released: JsonSchema, current: JsonSchema, at: string): Generator<Difference> {
  const [before, after] = [requiredOf(released), requiredOf(current)];
  const properties = [propertiesOf(released), propertiesOf(current)];
  for (const name of properties[0]!.keys()) {
    if (before.has(name) === after.has(name) || !properties[1]!.has(name)) continue;
    const pointer = `${at}/properties/${escaped(name)}`;
    if (before.has(name))
      yield { pointer, what: 'the property was always there and may now be missing', additive: false };
    else yield { pointer, what: 'the property is now always there', additive: true };
  }
}

/** What the reading schema demands that messages of an old version need not have, by pointer. */
function* demands(version: number, old: JsonSchema, reading: JsonSchema, at = ''): Generator<[string, string]> {
  const always = requiredOf(old);
  for (const name of requiredOf(reading)) {
    if (always.has(name)) continue;
    const reason = `messages of version ${version} may lack it and could not be read: make it optional or give it a default`;
    yield [`${at}/properties/${escaped(name)}`, reason];
  }
  const read = propertiesOf(reading);
  for (const [name, had] of propertiesOf(old)) {
    const now = read.get(name);
    if (now) yield* demands(version, had, now, `${at}/properties/${escaped(name)}`);
  }
  for (const keyword of ['items', 'additionalProperties']) {
    const [had, now] = [old[keyword], reading[keyword]];
    if (isSchema(had) && isSchema(now)) yield* demands(version, had, now, `${at}/${keyword}`);
  }
}

function same(keyword: string, before: unknown, after: unknown): boolean {
  // The order of values says nothing.
  if (keyword !== 'enum' || !Array.isArray(before) || !Array.isArray(after)) return isDeepStrictEqual(before, after);
  return isDeepStrictEqual(new Set(before), new Set(after));
}

function propertiesOf({ properties }: JsonSchema): ReadonlyMap<string, JsonSchema> {
  return new Map(isSchema(properties) ? Object.entries(properties as Record<string, JsonSchema>) : []);
}

function requiredOf({ required }: JsonSchema): ReadonlySet<string> {
  return new Set(Array.isArray(required) ? (required as string[]) : []);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
