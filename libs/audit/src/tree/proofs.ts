import { nodeHash } from './merkle.js';

/** The leaves from one index up to and without another. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A node over 2^level leaves, the index-th of its level. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** The largest power of two below a number that is at least 2. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/**
 * What the path of a leaf in a tree of a size consists of, from the leaf up: the ranges whose hashes are its siblings.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 */
export function inclusionPath(leaf: number, size: number): Range[] {
  const path: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (leaf < middle) {
      path.unshift({ from: middle, to });
      to = middle;
    } else {
      path.unshift({ from, to: middle });
      from = middle;
    }
  }
  return path;
}

/**
 * What shows that a tree of one size begins with all of a smaller one: the ranges whose hashes make both roots.
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 */
export function consistencyPath(before: number, size: number): Range[] {
  if (before === 0 || before === size) return [];
  const path: Range[] = [];
  let [from, to] = [0, size];
  while (to !== before) {
    const middle = from + split(to - from);
    if (before <= middle) {
      path.unshift({ from: middle, to });
      to = middle;
    } else {
      path.unshift({ from, to: middle });
      from = middle;
    }
  }
  // The earlier tree as a whole is known to whoever checks.
  return from === 0 ? path : [{ from, to }, ...path];
}

/** The perfect subtrees a range consists of, the largest first; their hashes folded from the right are that of the range. */
export function subtreesOf({ from, to }: Range): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let start = from; start < to;) {
    let level = 0;
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= to) level += 1;
    nodes.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return nodes;
}

/**
 * The root that a leaf and its path lead to, or undefined when the path is none of a tree of that size.
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */
export function rootOfInclusion(leaf: number, size: number, hash: Buffer, path: readonly Buffer[]): Buffer | undefined {
  if (leaf >= size) return undefined;
  let [index, last, root] = [leaf, size - 1, hash];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (index % 2 === 1 || index === last) {
      root = nodeHash(sibling, root);
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, Math.floor(last / 2)];
    } else root = nodeHash(root, sibling);
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}

/**
 * Whether a path shows that the tree of one size and root begins with all of the tree of another.
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 */
export function isConsistent(
  before: { readonly size: number; readonly root: Buffer },
  after: { readonly size: number; readonly root: Buffer },
  path: readonly Buffer[],
): boolean {
  if (before.size > after.size) return false;
  if (before.size === after.size) return path.length === 0 && before.root.equals(after.root);
  if (before.size === 0) return path.length === 0;
  let [index, last] = [before.size - 1, after.size - 1];
  while (index % 2 === 1) [index, last] = [(index - 1) / 2, Math.floor(last / 2)];
  // When the earlier tree is perfect, it is itself where both begin.
  const hashes = index === 0 ? [before.root, ...path] : path;
  const [first, ...others] = hashes;
  if (!first) return false;
  let [rootBefore, rootAfter] = [first, first];
  for (const hash of others) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      rootBefore = nodeHash(hash, rootBefore);
      rootAfter = nodeHash(hash, rootAfter);
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, Math.floor(last / 2)];
    } else rootAfter = nodeHash(rootAfter, hash);
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 && rootBefore.equals(before.root) && rootAfter.equals(after.root);
}
