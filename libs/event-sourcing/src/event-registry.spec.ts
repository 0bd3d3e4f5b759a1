import { eventRegistry, UnknownEvent } from '#libs/event-sourcing';
import { z } from 'zod';

const registry = eventRegistry({
  Moved: {
    version: 3,
    schema: z.strictObject({ from: z.string(), to: z.string(), why: z.string() }),
    upcasters: {
      1: ({ place, ...data }) => ({ ...data, to: place, from: 'nowhere' }),
      2: (data) => ({ ...data, why: 'not said' }),
    },
  },
});

describe('The event registry', () => {
  it('lifts an old event through every version to the current shape', () => {
    expect(registry.read('Moved', 1, { place: 'attic' })).toEqual({
      type: 'Moved',
      data: { from: 'nowhere', to: 'attic', why: 'not said' },
    });
  });

  it('leaves the stored data as they are', () => {
    const stored = Object.freeze({ place: 'attic' });
    registry.read('Moved', 1, stored);
    expect(stored).toEqual({ place: 'attic' });
  });

  it('hands current events over unchanged', () => {
    const data = { from: 'a', to: 'b', why: 'c' };
    expect(registry.read('Moved', 3, data).data).toBe(data);
  });

  it.each([
    ['a type it does not know', () => registry.read('Vanished', 1, {})],
    ['a type that is only a property of every object', () => registry.read('toString', 1, {})],
    ['a version from the future', () => registry.read('Moved', 4, {})],
    ['a version nobody lifts', () => registry.read('Moved', 0, {})],
  ])('refuses %s, loudly', (_, read) => {
    expect(read).toThrow(UnknownEvent);
  });

  it('refuses to write what does not have the stored shape', () => {
    const odd = { type: 'Moved', data: { from: 'a', to: 'b', why: 'c', colour: 'red' } } as const;
    expect(() => registry.check(odd)).toThrow('colour');
    expect(() => registry.check({ type: 'Moved', data: { from: 'a', to: 'b' } as never })).toThrow('why');
  });
});
