import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { CompactTree } from '../tree/merkle.js';
import { StreamTails } from './stream-tails.js';
import { MalformedState, readState, writeState } from './verify-state.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat(2 ** 47)), { maxLength: 200 });

describe('The ends of all streams', () => {
  it('are remembered as they were set last, also after they were kept and read again', () => {
    fc.assert(
      fc.property(moves, fc.nat(200), (all, cut) => {
        let tails = new StreamTails();
        const expected = new Map<string, { revision: number; hash: string }>();
        all.forEach(([stream, revision], index) => {
          if (index === cut) tails = new StreamTails(Buffer.concat(tails.entries()));
          const name = `account-${stream}`;
          const tail = tails.of(name);
          expect(tail.revision).toBe(expected.get(name)?.revision ?? -1);
          expect(tail.hash).toBe(expected.get(name)?.hash ?? '0'.repeat(64));
          expected.set(name, { revision, hash: hashOf(`${index}`) });
          tail.set(revision, hashOf(`${index}`));
        });
        expect(tails.count).toBe(expected.size);
      }),
    );
  });

  it('take less than a hundred bytes a stream, however many there are', () => {
    const tails = new StreamTails();
    const before = process.memoryUsage();
    for (let stream = 0; stream < 100_000; stream++) tails.of(`account-${stream}`).set(stream, hashOf('x'));
    const { arrayBuffers } = process.memoryUsage();
    expect((arrayBuffers - before.arrayBuffers) / 100_000).toBeLessThan(100);
    expect(tails.of('account-77777').revision).toBe(77_777);
    expect(tails.count).toBe(100_000);
  });
});

describe('Where a verification ended', () => {
  const state = () => {
    const tails = new StreamTails();
    tails.of('account-1').set(3, hashOf('a'));
    const tree = new CompactTree();
    for (let leaf = 0; leaf < 7; leaf++) tree.append(Buffer.from(hashOf(`${leaf}`), 'hex'));
    const last = { eventId: 'e', position: 123n };
    return { position: 456n, tree, tails, lastGood: { size: 5, name: 'the checkpoint' }, last };
  };

  it('is read as it was written', () => {
    const { tree, tails, ...rest } = state();
    const read = readState(writeState({ tree, tails, ...rest }));
    expect(read).toMatchObject(rest);
    expect(read.tree.root()).toEqual(tree.root());
    expect(read.tails.of('account-1')).toMatchObject({ revision: 3, hash: hashOf('a') });
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut off', (bytes) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['another file', () => Buffer.from('{"name":"paybill"}\n')],
    ['changed', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])],
  ])('is refused when it is %s', (_, harm) => {
    expect(() => readState(harm(writeState(state())))).toThrow(MalformedState);
  });
});
