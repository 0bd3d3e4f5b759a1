import { sql } from 'kysely';
import { type Database, rowsOf } from '#libs/platform';
import { EMPTY_ROOT, foldRight } from './merkle.js';
import { type Range, subtreesOf, type TreeNode } from './proofs.js';
import { nodeIn, type Tile, tileOf, type TilePlace } from './tiles.js';

/** The tree does not reach as far as was asked: its follower is behind, or begins anew. Asking again later will do. */
export class TreeBehind extends Error {
  override readonly name = 'TreeBehind';
}

/** How the tree stands. */
interface TreeStanding {
  /** Events in it. */
  readonly size: number;
  /** Position in the log up to which all events are in it. */
  readonly position: bigint;
  /** Why its follower stands still, when it does. */
  readonly error: string | null;
  /** The last event in it. */
  readonly last: { readonly eventId: string; readonly position: bigint } | undefined;
}

interface StandingRow {
  size: string;
  position: string;
  error: string | null;
  last_event: string | null;
  last_position: string | null;
}

/** Where an event is. */
export interface LeafPlace {
  readonly leaf: number;
  readonly position: bigint;
}

/** Reads the tree as the follower has written it. A proof takes one statement, over a tile for every eight levels. */
export class TreeQueries {
  constructor(private readonly db: Database) {}

  async standing(): Promise<TreeStanding> {
    const [row] = await rowsOf(
      sql<StandingRow>`select size, position, error, last_event, last_position from audit.tree`,
      this.db.sql,
    );
    const last = row?.last_event ? { eventId: row.last_event, position: BigInt(row.last_position!) } : undefined;
    return { size: Number(row?.size ?? 0), position: BigInt(row?.position ?? 0), error: row?.error ?? null, last };
  }

  /** The root of the tree as it was at a size. @throws TreeBehind */
  async rootAt(size: number): Promise<Buffer> {
    if (size === 0) return EMPTY_ROOT;
    const [root] = await this.hashesOf([{ from: 0, to: size }]);
    return root!;
  }

  /** The hashes of ranges of leaves, as the paths of proofs name them. @throws TreeBehind */
  async hashesOf(ranges: readonly Range[]): Promise<Buffer[]> {
    const wanted = ranges.map(subtreesOf);
    const tiles = new Map((await this.tiles(wanted.flat().map(tileOf))).map((tile) => [keyOf(tile), tile]));
    // Paths of one tree share most of their nodes, and one in the middle of a tile takes up to 127 hashes.
    const known = new Map<string, Buffer>();
    const hashOf = (node: TreeNode): Buffer => {
      const name = `${node.level}/${node.index}`;
      const tile = tiles.get(keyOf(tileOf(node)));
      const hash = known.get(name) ?? (tile && nodeIn(tile, node));
      if (!hash) throw new TreeBehind('the tree over the log is not that far yet; ask again later');
      known.set(name, hash);
      return hash;
    };
    return wanted.map((nodes) => foldRight(nodes.map(hashOf)));
  }

  async tiles(places: readonly TilePlace[]): Promise<Tile[]> {
    const distinct = [...new Map(places.map((place) => [keyOf(place), place])).values()];
    const rows = await rowsOf(
      sql<{ level: number; tile: string; hashes: string }>`
        select level, tile, encode(hashes, 'hex') as hashes from audit.tiles
        join unnest(${distinct.map(({ level }) => level)}::int[], ${distinct.map(({ tile }) => String(tile))}::bigint[])
          as wanted (level, tile) using (level, tile)`,
      this.db.sql,
    );
    return rows.map(({ level, tile, hashes }) => ({ level, tile: Number(tile), hashes: Buffer.from(hashes, 'hex') }));
  }

  /** Where events are, by their ids; those that are not in the tree are left out. */
  async leavesOf(eventIds: readonly string[]): Promise<Map<string, LeafPlace>> {
    const rows = await rowsOf(
      sql<{ event_id: string; leaf: string; position: string }>`
        select event_id, leaf, position from audit.leaves where event_id = any(${eventIds}::uuid[])`,
      this.db.sql,
    );
    return new Map(
      rows.map(({ event_id: id, leaf, position }) => [id, { leaf: Number(leaf), position: BigInt(position) }]),
    );
  }
}

function keyOf({ level, tile }: TilePlace): string {
  return `${level}/${tile}`;
}
