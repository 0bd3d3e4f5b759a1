import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { CompactTree, EMPTY_ROOT, foldRight, leafHash, nodeHash } from './merkle.js';
import { consistencyPath, inclusionPath, isConsistent, type Range, rootOfInclusion, subtreesOf } from './proofs.js';
import { edgeOf, GrowingTree, nodeIn, type Tile, tileOf } from './tiles.js';

/* The eight leaves that the tests of Certificate Transparency use, and the roots they have there. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const known = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')));

/** The definition of RFC 6962, section 2.1, as it stands there. */
function naiveRoot(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return createHash('sha256').digest();
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)));
}

function leaves(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => leafHash(createHash('sha256').update(String(index)).digest()));
}

function compact(hashes: readonly Buffer[]): CompactTree {
  const tree = new CompactTree();
  for (const hash of hashes) tree.append(hash);
  return tree;
}

/** A tree grown by steps and kept as tiles, as the database keeps it. */
function kept(hashes: readonly Buffer[], step: number): Map<string, Tile> {
  const tiles = new Map<string, Tile>();
  for (let from = 0; from < hashes.length; from += step) {
    const edge = edgeOf(from).map(({ level, tile }) => tiles.get(`${level}/${tile}`)!);
    const tree = new GrowingTree(from, edge);
    for (const hash of hashes.slice(from, from + step)) tree.append(hash);
    for (const tile of tree.takeChanged()) tiles.set(`${tile.level}/${tile.tile}`, tile);
  }
  return tiles;
}

function hashOf(tiles: ReadonlyMap<string, Tile>, range: Range): Buffer {
  const nodes = subtreesOf(range).map((node) => {
    const { level, tile } = tileOf(node);
    return nodeIn(tiles.get(`${level}/${tile}`)!, node)!;
  });
  return foldRight(nodes);
}

const sizes = fc.integer({ min: 1, max: 1500 });

describe('The Merkle tree over all events', () => {
  it('has the roots that Certificate Transparency has for the same leaves', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
    ROOTS.forEach((root, size) => expect(compact(known.slice(0, size)).root().toString('hex')).toBe(root));
  });

  it('has the inclusion and consistency paths that Certificate Transparency has', () => {
    const tiles = kept(known, 3);
    const path = inclusionPath(0, 8).map((range) => hashOf(tiles, range).toString('hex'));
    expect(path).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(consistencyPath(1, 8).map((range) => hashOf(tiles, range).toString('hex'))).toEqual(path);
    expect(consistencyPath(6, 8).map((range) => hashOf(tiles, range).toString('hex'))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('has the root its definition gives, whatever its size, and goes on from what was kept of it', () => {
    fc.assert(
      fc.property(sizes, fc.nat(1500), (size, at) => {
        const all = leaves(size);
        const first = compact(all.slice(0, Math.min(at, size)));
        const resumed = new CompactTree(first.size, first.subtrees);
        for (const hash of all.slice(first.size)) resumed.append(hash);
        expect(resumed.root()).toEqual(naiveRoot(all));
      }),
      { numRuns: 30 },
    );
  });

  it('has the same hashes when it is kept in tiles, however many leaves came at once', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 600 }), fc.nat(), (size, step, cut) => {
        const all = leaves(size);
        const to = 1 + (cut % size);
        expect(hashOf(kept(all, step), { from: 0, to })).toEqual(naiveRoot(all.slice(0, to)));
      }),
      { numRuns: 30 },
    );
  });

  it('also when it has so many leaves that its tiles have three levels', () => {
    const all = leaves(70_000);
    const tiles = kept(all, 9_000);
    expect([...tiles.values()].map(({ level }) => level)).toContain(2);
    const root = compact(all).root();
    expect(hashOf(tiles, { from: 0, to: all.length })).toEqual(root);
    const path = inclusionPath(65_536, all.length).map((range) => hashOf(tiles, range));
    expect(rootOfInclusion(65_536, all.length, all[65_536]!, path)).toEqual(root);
  });

  it('refuses to grow from tiles that are not those of its size', () => {
    expect(() => new GrowingTree(3, [{ level: 0, tile: 0, hashes: known[0]! }])).toThrow('level 0');
    expect(() => new GrowingTree(256)).toThrow('level 1');
  });
});

describe('A proof of inclusion', () => {
  it('leads from every leaf to the root, and from no other leaf, place or size', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, pick) => {
        const all = leaves(size);
        const tiles = kept(all, 700);
        const leaf = pick % size;
        const path = inclusionPath(leaf, size).map((range) => hashOf(tiles, range));
        const root = naiveRoot(all);
        expect(rootOfInclusion(leaf, size, all[leaf]!, path)).toEqual(root);
        expect(rootOfInclusion(leaf, size, leafHash(Buffer.from('another')), path)).not.toEqual(root);
        if (size > 1) expect(rootOfInclusion((leaf + 1) % size, size, all[leaf]!, path)).not.toEqual(root);
        expect(rootOfInclusion(leaf, size, all[leaf]!, [...path, root])).toBeUndefined();
        expect(rootOfInclusion(size, size, all[leaf]!, path)).toBeUndefined();
        if (size > 1) expect(rootOfInclusion(leaf, size, all[leaf]!, path.slice(1))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });
});

describe('A proof of consistency', () => {
  it('holds between all states of one log, and never for one that was forked', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, cut, changed) => {
        const all = leaves(size);
        const before = 1 + (cut % size);
        const tiles = kept(all, 700);
        const path = consistencyPath(before, size).map((range) => hashOf(tiles, range));
        const earlier = { size: before, root: naiveRoot(all.slice(0, before)) };
        const later = { size, root: naiveRoot(all) };
        expect(isConsistent(earlier, later, path)).toBe(true);
        const other = all.slice(0, before);
        other[changed % before] = leafHash(Buffer.from('another history'));
        expect(isConsistent({ size: before, root: naiveRoot(other) }, later, path)).toBe(false);
        expect(isConsistent(earlier, later, [...path, later.root])).toBe(false);
        if (path.length > 0) expect(isConsistent(earlier, later, path.slice(1))).toBe(false);
        if (before < size) expect(isConsistent(later, earlier, path)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
