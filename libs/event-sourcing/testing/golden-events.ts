import { readdirSync, readFileSync } from 'node:fs';
import { type DomainEvent } from '../src/domain-event.js';
import { type EventRegistry } from '../src/event-registry.js';

interface Golden {
  readonly file: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
}

/**
 * Declares the tests that every registry of stored events has: in `golden/` beside the spec there is one stored event of
 * every type and version, as it lies in the log, and this build reads it. A golden file is never edited: when one fails, the
 * change under test breaks history that exists.
 * @param specUrl `import.meta.url` of the spec
 * @returns reads the golden event of a type
 */
export function goldenEvents<Event extends DomainEvent>(
  registry: EventRegistry<Event>,
  specUrl: string,
): <Type extends Event['type']>(type: Type) => Extract<Event, { type: Type }> {
  const folder = new URL('golden/', specUrl);
  const goldens = readdirSync(folder).map((file): Golden => {
    const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Golden, 'file'>;
    return { file, ...golden };
  });

  it('are there for every type and every version of it', () => {
    const versions = Object.entries(registry.definitions).flatMap(([type, { version }]) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(goldens.map(({ file }) => file).sort()).toEqual(versions.sort());
  });

  it.each(goldens)('$file is read and has the current shape', ({ file, type, version, data }) => {
    const event = registry.read(type, version, data);
    expect(file).toBe(`${type}.v${version}.json`);
    expect(() => registry.check(event)).not.toThrow();
  });

  return (type) => {
    const golden = goldens.find((one) => one.type === type);
    if (!golden) throw new Error(`there is no golden file for ${type}`);
    return registry.read(golden.type, golden.version, golden.data) as never;
  };
}
