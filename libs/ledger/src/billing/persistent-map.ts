/*
 * A dictionary that is never changed: `set` gives a new one that shares all but one short path with the old. The state
 * of an account is kept by many at once (a cached one, one a decision is tried on), and copying all its bills for each
 * event would make folding a long history quadratic. A hash trie of 16-way branches and small leaves.
 *
 * @see Phil Bagwell, Ideal Hash Trees (EPFL, 2001)
 */
interface Leaf<Value> {
  readonly entries: readonly (readonly [key: string, value: Value])[];
}
interface Branch<Value> {
  readonly children: readonly (Node<Value> | undefined)[];
}
type Node<Value> = Leaf<Value> | Branch<Value>;

const BITS = 4;
const WAYS = 1 << BITS;
const LEAF_SIZE = 8;
const DEEPEST = 32 / BITS;

export class PersistentMap<Value> {
  private constructor(
    private readonly root: Node<Value>,
    readonly size: number,
  ) {}

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>({ entries: [] }, 0);
  }

  get(key: string): Value | undefined {
    return find(this.root, key, hash(key));
  }

  set(key: string, value: Value): PersistentMap<Value> {
    const bits = hash(key);
    const isNew = find(this.root, key, bits) === undefined;
    return new PersistentMap(put(this.root, key, value, bits, 0), isNew ? this.size + 1 : this.size);
  }

  *values(): Generator<Value> {
    yield* valuesOf(this.root);
  }
}

function find<Value>(root: Node<Value>, key: string, hashed: number): Value | undefined {
  let node: Node<Value> | undefined = root;
  for (let bits = hashed; node && 'children' in node; bits >>>= BITS) node = node.children[bits & (WAYS - 1)];
  return node?.entries.find(([held]) => held === key)?.[1];
}

function put<Value>(node: Node<Value>, key: string, value: Value, bits: number, depth: number): Node<Value> {
  if ('children' in node) {
    const children = node.children.slice();
    const way = bits & (WAYS - 1);
    children[way] = put(children[way] ?? { entries: [] }, key, value, bits >>> BITS, depth + 1);
    return { children };
  }
  const at = node.entries.findIndex(([held]) => held === key);
  if (at !== -1) return { entries: node.entries.with(at, [key, value]) };
  if (node.entries.length < LEAF_SIZE || depth === DEEPEST) return { entries: [...node.entries, [key, value]] };
  const branch: Node<Value> = { children: new Array<Node<Value> | undefined>(WAYS).fill(undefined) };
  return [...node.entries, [key, value] as const].reduce<Node<Value>>(
    (split, [held, its]) => put(split, held, its, hash(held) >>> (BITS * depth), depth),
    branch,
  );
}

function* valuesOf<Value>(node: Node<Value> | undefined): Generator<Value> {
  if (!node) return;
  if ('children' in node) for (const child of node.children) yield* valuesOf(child);
  else for (const [, value] of node.entries) yield value;
}

/** FNV-1a over the characters, mixed so that the low bits depend on all of them. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
