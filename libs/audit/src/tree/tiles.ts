import { HASH_LENGTH, perfectRoot } from './merkle.js';
import { type TreeNode } from './proofs.js';

/*
 * How the tree is kept: in tiles of up to 256 hashes of one level, of which every eighth is kept and those between are
 * worked out. A full tile never changes; of each level only the last grows. So a proof needs one tile for every eight
 * levels of the tree, and whoever follows the log needs the last tile of each level only.
 * See https://c2sp.org/tlog-tiles, whose tiles these are.
 */

const HEIGHT = 8;
const WIDTH = 2 ** HEIGHT;

/** Which tile: levels of tiles count from the leaves up, tiles of a level from the left. */
export interface TilePlace {
  readonly level: number;
  readonly tile: number;
}

/** Hashes of a level of the tree, as many as there are up to 256. */
export interface Tile extends TilePlace {
  readonly hashes: Buffer;
}

/** The tile a node is worked out from. */
export function tileOf({ level, index }: TreeNode): TilePlace {
  return { level: Math.floor(level / HEIGHT), tile: Math.floor((index * 2 ** (level % HEIGHT)) / WIDTH) };
}

/** The hash of a node, worked out from its tile; undefined when the tile does not hold all of it yet. */
export function nodeIn({ hashes }: Pick<Tile, 'hashes'>, { level, index }: TreeNode): Buffer | undefined {
  const count = 2 ** (level % HEIGHT);
  const first = (index * count) % WIDTH;
  if ((first + count) * HASH_LENGTH > hashes.length) return undefined;
  return perfectRoot(hashesIn(hashes.subarray(first * HASH_LENGTH, (first + count) * HASH_LENGTH)));
}

/** The tiles at the right edge of a tree of a size: the last of each level that holds something and is not full. */
export function edgeOf(size: number): TilePlace[] {
  const places: TilePlace[] = [];
  for (let [level, hashes] = [0, size]; hashes > 0; [level, hashes] = [level + 1, Math.floor(hashes / WIDTH)]) {
    if (hashes % WIDTH > 0) places.push({ level, tile: Math.floor(hashes / WIDTH) });
  }
  return places;
}

/** Grows a tree at its right edge. */
export class GrowingTree {
  /** The hashes of the last tile of each level; none of a level whose tiles are all full. */
  readonly #last: Buffer[][] = [];
  readonly #changed = new Map<string, TilePlace>();
  readonly #filled = new Map<string, Buffer>();
  #size: number;

  /** @param edge the tiles at the right edge of a tree of that size. @throws Error when they are not */
  constructor(size = 0, edge: readonly Tile[] = []) {
    this.#size = size;
    for (let [level, hashes] = [0, size]; hashes > 0; [level, hashes] = [level + 1, Math.floor(hashes / WIDTH)]) {
      const tile = edge.find((one) => one.level === level && one.tile === Math.floor(hashes / WIDTH));
      const kept = hashesIn(tile?.hashes ?? Buffer.alloc(0)).slice(0, hashes % WIDTH);
      if (kept.length !== hashes % WIDTH) throw new Error(`the last tile of level ${level} of the tree is incomplete`);
      this.#last[level] = kept;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** One to go on with that leaves this one as it is. */
  copy(): GrowingTree {
    const copy = new GrowingTree();
    copy.#size = this.#size;
    for (const [level, hashes] of this.#last.entries()) copy.#last[level] = [...hashes];
    return copy;
  }

  /** Adds a leaf by its hash. */
  append(hash: Buffer): void {
    this.#add(0, hash, this.#size);
    this.#size += 1;
  }

  /** The tiles that have changed since this was asked before. */
  takeChanged(): Tile[] {
    const tiles = [...this.#changed].map(([key, place]) => {
      return { ...place, hashes: this.#filled.get(key) ?? Buffer.concat(this.#last[place.level] ?? []) };
    });
    this.#changed.clear();
    this.#filled.clear();
    return tiles;
  }

  #add(level: number, hash: Buffer, index: number): void {
    const last = (this.#last[level] ??= []);
    last.push(hash);
    const tile = Math.floor(index / WIDTH);
    const key = `${level}/${tile}`;
    this.#changed.set(key, { level, tile });
    if (last.length < WIDTH) return;
    this.#filled.set(key, Buffer.concat(last));
    this.#last[level] = [];
    this.#add(level + 1, perfectRoot(last), tile);
  }
}

function hashesIn(bytes: Buffer): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += HASH_LENGTH) hashes.push(bytes.subarray(at, at + HASH_LENGTH));
  return hashes;
}
