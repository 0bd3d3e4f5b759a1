import { hash as digest } from 'node:crypto';

/*
 * The Merkle tree of RFC 6962, section 2.1, over SHA-256: leaves and nodes are hashed with a byte in front of them, so that
 * neither can pass for the other.
 */

/** Bytes of a hash. */
export const HASH_LENGTH = 32;

/** The root of a tree without leaves: the hash of nothing. */
export const EMPTY_ROOT: Buffer = digest('sha256', Buffer.alloc(0), 'buffer');

const leaf = Buffer.alloc(1 + HASH_LENGTH, 0);
const pair = Buffer.alloc(1 + 2 * HASH_LENGTH, 1);

/** The hash of a leaf. Leaves of other lengths than a hash are for test vectors only. */
export function leafHash(data: Buffer): Buffer {
  if (data.length !== HASH_LENGTH) return digest('sha256', Buffer.concat([Buffer.of(0), data]), 'buffer');
  data.copy(leaf, 1);
  return digest('sha256', leaf, 'buffer');
}

/** The hash of a node from those of its children. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1);
  right.copy(pair, 1 + HASH_LENGTH);
  return digest('sha256', pair, 'buffer');
}

/** The hash of a node from those of the perfect subtrees it spans, the largest first. */
export function foldRight(subtrees: readonly Buffer[]): Buffer {
  return subtrees.reduceRight((right, left) => nodeHash(left, right));
}

/** The root of a perfect tree over a power of two of hashes. */
export function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) above.push(nodeHash(level[index]!, level[index + 1]!));
    level = above;
  }
  return level[0]!;
}

/**
 * All that has to be kept of a tree to know its root and to add leaves: the hashes of the perfect subtrees it consists of,
 * the largest first, one for each bit of its size.
 */
export class CompactTree {
  #size: number;
  readonly #subtrees: Buffer[];

  constructor(size = 0, subtrees: readonly Buffer[] = []) {
    this.#size = size;
    this.#subtrees = [...subtrees];
  }

  get size(): number {
    return this.#size;
  }

  get subtrees(): readonly Buffer[] {
    return this.#subtrees;
  }

  /** Adds a leaf by its hash. */
  append(hash: Buffer): void {
    let node = hash;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) node = nodeHash(this.#subtrees.pop()!, node);
    this.#subtrees.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    return this.#size === 0 ? EMPTY_ROOT : foldRight(this.#subtrees);
  }
}
