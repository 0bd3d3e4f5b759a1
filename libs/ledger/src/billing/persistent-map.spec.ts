import fc from 'fast-check';
import { PersistentMap } from './persistent-map.js';

describe('PersistentMap', () => {
  it('answers like a Map, and an earlier one is not changed by a later one', () => {
    const entries = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 300 });
    fc.assert(
      fc.property(entries, (pairs) => {
        const expected = new Map<string, number>();
        let map = PersistentMap.empty<number>();
        const earlier: [PersistentMap<number>, Map<string, number>][] = [];
        for (const [index, [key, value]] of pairs.entries()) {
          expected.set(key, value);
          map = map.set(key, value);
          if (index % 50 === 0) earlier.push([map, new Map(expected)]);
        }
        for (const [held, model] of [...earlier, [map, expected] as const]) {
          expect(held.size).toBe(model.size);
          for (const [key, value] of model) expect(held.get(key)).toBe(value);
          expect([...held.values()].sort()).toEqual([...model.values()].sort());
        }
        expect(map.get('a key that is in none')).toBeUndefined();
      }),
    );
  });

  it('holds many thousands of keys, and names that mean something to JavaScript', () => {
    let map = PersistentMap.empty<number>();
    const keys = ['__proto__', 'constructor', ...Array.from({ length: 20_000 }, (_, index) => `B-${index}`)];
    for (const [index, key] of keys.entries()) map = map.set(key, index);
    expect(map.size).toBe(keys.length);
    expect(keys.every((key, index) => map.get(key) === index)).toBe(true);
  });
});
