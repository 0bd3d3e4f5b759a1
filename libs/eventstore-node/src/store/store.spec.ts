import fc from 'fast-check';
import { BoundedMap } from './bounded-map.js';
import { decodeHead, encodeHead, headKey } from './stream-head.js';
import { DELETED, isSoftDeleted, parseStreamMetadata, undeleted } from './stream-metadata.js';

describe('a bounded map', () => {
  it('remembers at least its capacity and forgets what is older', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(200), { maxLength: 300 }), (capacity, keys) => {
        const map = new BoundedMap<number, string>(capacity);
        for (const key of keys) map.set(key, `${key}`);
        for (const key of [...new Set(keys.slice(-capacity))]) expect(map.get(key)).toBe(`${key}`);
      }),
    );
    const map = new BoundedMap<number, number>(10);
    for (let n = 0; n < 1000; n++) map.set(n, n);
    expect(map.get(900)).toBeUndefined();
  });

  it('keeps what is in use', () => {
    const map = new BoundedMap<string, number>(10);
    map.set('used', 1);
    for (let n = 0; n < 1000; n++) {
      map.set(`${n}`, n);
      expect(map.get('used')).toBe(1);
    }
  });
});

describe('stream metadata', () => {
  it('is read from JSON, and nonsense is left out', () => {
    expect(parseStreamMetadata('{"$maxCount":3,"$maxAge":60,"$tb":7,"$acl":{"$r":"a","$w":["b",4]}}')).toMatchObject({
      maxCount: 3,
      maxAge: 60,
      truncateBefore: 7,
      acl: { read: ['a'], write: ['b'] },
    });
    expect(parseStreamMetadata('{"$maxCount":"3","$tb":-1}')).toMatchObject({
      maxCount: undefined,
      truncateBefore: undefined,
    });
    for (const nonsense of ['', 'null', '[]', '1', '{']) expect(parseStreamMetadata(nonsense)).toBeUndefined();
  });

  it('says whether the stream is deleted, until it is undeleted', () => {
    expect(isSoftDeleted(DELETED)).toBe(true);
    expect(isSoftDeleted(parseStreamMetadata(DELETED.raw))).toBe(true);
    const back = parseStreamMetadata(undeleted('{"$tb":9223372036854775807,"own":1}', 4));
    expect(back).toMatchObject({ truncateBefore: 4, raw: '{"$tb":4,"own":1}' });
    expect(isSoftDeleted(back)).toBe(false);
  });
});

describe('a stream head', () => {
  it('is stored and read', () => {
    const metadata = parseStreamMetadata('{"$maxCount":3,"text":"ü"}');
    const head = { id: 2 ** 47, last: 2 ** 46, tombstoned: true, metadata };
    expect(decodeHead('stream', encodeHead(head))).toEqual(head);
  });

  it('has a key of its own for every name, also for long ones', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 400 }), (a, b) => {
        expect(headKey(a).equals(headKey(b))).toBe(a === b);
        expect(headKey(a).length).toBeLessThanOrEqual(200);
      }),
    );
    expect(headKey('x'.repeat(2000)).equals(headKey('x'.repeat(2001)))).toBe(false);
  });
});
