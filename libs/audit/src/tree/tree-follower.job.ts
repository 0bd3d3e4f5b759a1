import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AheadOfLog,
  asOnlyRunner,
  type EventStore,
  EventStoreUnavailable,
  type RawEvent,
  storedLink,
} from '#libs/event-sourcing';
import { ADVISORY_LOCKS, type Database, type FollowerStanding, fromRows, isPassing, type Tx } from '#libs/platform';
import { installTree } from '../tables.js';
import { leafHash } from './merkle.js';
import { edgeOf, GrowingTree, type Tile } from './tiles.js';
import { type LeafPlace, TreeQueries } from './tree.queries.js';

/** The log and the tree disagree: nothing is added, and so nothing new is signed, until somebody has looked. */
class TreeStopped extends Error {
  override readonly name = 'TreeStopped';
}

/** Another follower has taken the tree; this one must not write any more. */
class TreeTaken extends Error {
  override readonly name = 'TreeTaken';
}

interface FollowerOptions {
  /** Stream categories whose events are in the tree. One may be added later, while it has no events yet. */
  readonly categories: readonly string[];
  readonly onStopped?: (error: Error) => void;
  /** Told once for each time the follower has to wait for something outside itself. */
  readonly onWaiting?: (reason: string) => void;
}

/** Where the follower is: the fence is that all of it has to be as this follower left it. */
interface Held {
  readonly position: bigint;
  readonly epoch: bigint;
}

/** The tree as a follower finds it. */
interface Taken extends Held {
  readonly size: number;
  readonly last?: { readonly eventId: string; readonly position: bigint };
}

const RETRY_MS = 250;
const LOOK_AGAIN_MS = 2_000;
/** So long what is being written is gathered for one transaction. */
const LINGER_MS = 50;
/** Most events added in one transaction. */
const BATCH = 4096;
const FOLLOWING = { lock: ADVISORY_LOCKS.treeFollower, elsewhere: 'another process keeps the tree' };

/**
 * Keeps the Merkle tree over the log: a leaf for every event, in the order of the log, and with each transaction the position
 * it leads to. A leaf is the hash of an event's bytes, worked out here; an event whose bytes do not come to the hash it
 * carries stops the tree.
 */
export class TreeFollower {
  #waitingFor: string | undefined;
  readonly #tree: TreeQueries;

  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly options: FollowerOptions,
  ) {
    this.#tree = new TreeQueries(db);
  }

  /**
   * Follows the log until `signal` aborts or the tree stops. Waits out an event store or a database that is away, and on
   * PostgreSQL another follower that is at work.
   * @param beside work that only the one who keeps the tree does, begun once the log is known to be the one of the tree
   */
  async run(signal: AbortSignal, beside?: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await asOnlyRunner(this.db, FOLLOWING, signal, this.#waiting, () => this.#runAlone(signal, beside));
        if (signal.aborted) return;
      } catch (error) {
        const passing = error instanceof TreeTaken ? error.message : isPassing(error) && 'the database is away';
        if (!passing) throw error;
        this.#waiting(passing);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async standing(): Promise<FollowerStanding> {
    const standing = await treeStanding(this.db);
    return { ...standing, waitingFor: standing.waitingFor ?? this.#waitingFor };
  }

  readonly #waiting = (reason: string): void => {
    if (reason !== this.#waitingFor) this.options.onWaiting?.(reason);
    this.#waitingFor = reason;
  };

  async #runAlone(signal: AbortSignal, beside?: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await installTree(this.db);
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    let working: Promise<void> | undefined;
    try {
      while (!signal.aborted) {
        const held = await take(this.db);
        try {
          await this.#recognise(held);
          working ??= beside?.(either);
          return await this.#follow(held, signal);
        } catch (error) {
          if (error instanceof TreeStopped || error instanceof AheadOfLog) return await this.#stop(held, error, signal);
          if (!(error instanceof EventStoreUnavailable)) throw error;
          this.#waiting('the event store is away');
          await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    } finally {
      ended.abort();
      await working;
    }
  }

  /** Stands still, with the reason where health, console and command line see it, until somebody starts it anew. */
  async #stop({ epoch }: Held, error: Error, signal: AbortSignal): Promise<void> {
    await sql`update audit.tree set error = ${error.message} where epoch = ${String(epoch)}`.execute(this.db.sql);
    this.options.onStopped?.(error);
    // Whoever has the tree built anew takes it from this follower, which then begins again.
    while (!signal.aborted && (await holds(this.db, epoch))) {
      await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The log has to be the one the tree was built from: not cut, and not another one in its place. @throws AheadOfLog */
  async #recognise({ position, last }: Taken): Promise<void> {
    const end = await this.store.lastPosition();
    if (end < position) throw new AheadOfLog('the tree', `it is at position ${position}, the log ends at ${end}`);
    const found = last && (await this.store.bytes.at(last.position));
    if (last && found?.id !== last.eventId) {
      throw new AheadOfLog('the tree', `position ${last.position} has ${found?.id ?? 'none'} and had ${last.eventId}`);
    }
  }

  async #follow(taken: Taken, signal: AbortSignal): Promise<void> {
    const { size } = taken;
    let held: Held = taken;
    let growing = new GrowingTree(size, await this.#tree.tiles(edgeOf(size)));
    const { categories } = this.options;
    for await (const batch of this.store.bytes.log({ after: held.position, categories, signal })) {
      this.#waitingFor = undefined;
      for (let from = 0; from === 0 || from < batch.events.length; from += BATCH) {
        const events = batch.events.slice(from, from + BATCH);
        const position = from + BATCH < batch.events.length ? events.at(-1)!.position : batch.position;
        if (position === held.position) continue;
        const grown = growing.copy();
        const leaves = events.flatMap((event) => leafOf(event, grown) ?? []);
        await add(this.db, held, position, grown.size, leaves, grown.takeChanged()).catch(refuseTwice);
        [held, growing] = [{ ...held, position }, grown];
        if (signal.aborted) return;
      }
      // On an embedded database, which has one session, others wait for these transactions. A tree that is behind has no time.
      if (batch.caughtUp) await delay(LINGER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** How the tree stands, as the database knows it: also when its follower is another process. */
export async function treeStanding(db: Database): Promise<FollowerStanding> {
  const { position, error } = await new TreeQueries(db).standing();
  return { name: 'tree', position, waitingFor: error ?? undefined };
}

const UNIQUE_VIOLATION = '23505';

/** Ids follow from content and place: one that is there already is a copy. @throws TreeStopped, or what it was given */
function refuseTwice(error: unknown): never {
  const { code, detail = '' } = error as { code?: string; detail?: string };
  if (code !== UNIQUE_VIOLATION) throw error;
  throw new TreeStopped(`an event is in the log twice: ${detail}`);
}

type Leaf = LeafPlace & { readonly eventId: string };

/** Adds an event to the tree; what the store writes into our streams for itself is none of ours. @throws TreeStopped */
function leafOf(event: RawEvent, tree: GrowingTree): Leaf | undefined {
  if (event.type.startsWith('$')) return undefined;
  const { id: eventId, position, stream, revision } = event;
  const link = storedLink(event);
  const fault = !link ? 'carries no hash' : link.hash !== link.computed ? 'does not match its hash' : undefined;
  if (!link || fault) {
    throw new TreeStopped(`${event.type} ${eventId} (${stream} revision ${revision}, position ${position}) ${fault}`);
  }
  const leaf = tree.size;
  tree.append(leafHash(Buffer.from(link.computed, 'hex')));
  return { eventId, leaf, position };
}

/** Takes the tree for this follower: whoever held it before can no longer write. */
async function take(db: Database): Promise<Taken> {
  const { rows } = await sql<{
    size: string;
    position: string;
    epoch: string;
    last_event: string | null;
    last_position: string | null;
  }>`update audit.tree set epoch = epoch + 1, error = null
    returning size, position, epoch, last_event, last_position`.execute(db.sql);
  const { size, position, epoch, last_event: eventId, last_position: lastPosition } = rows[0]!;
  const held = { size: Number(size), position: BigInt(position), epoch: BigInt(epoch) };
  return eventId === null ? held : { ...held, last: { eventId, position: BigInt(lastPosition!) } };
}

async function holds(db: Database, epoch: bigint): Promise<boolean> {
  const { rows } = await sql`select 1 from audit.tree where epoch = ${String(epoch)}`.execute(db.sql);
  return rows.length > 0;
}

/** Writes what the tree has grown by, and the position that leads to, or nothing. @throws TreeTaken */
async function add(
  db: Database,
  { position: before, epoch }: Held,
  position: bigint,
  size: number,
  leaves: readonly Leaf[],
  tiles: readonly Tile[],
): Promise<void> {
  const last = leaves.at(-1);
  await db.sql.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`
      update audit.tree set position = ${String(position)}, size = ${String(size)}, updated_at = now(),
        last_event = coalesce(${last?.eventId ?? null}::uuid, last_event),
        last_position = coalesce(${last ? String(last.position) : null}::bigint, last_position)
      where position = ${String(before)} and epoch = ${String(epoch)}`.execute(tx);
    if (numAffectedRows !== 1n) throw new TreeTaken('another process has taken the tree');
    await writeTiles(tx, tiles);
    await writeLeaves(tx, leaves);
  });
}

async function writeTiles(tx: Tx, tiles: readonly Tile[]): Promise<void> {
  if (tiles.length === 0) return;
  const rows = tiles.map(({ hashes, ...place }) => ({ ...place, hashes: hashes.toString('hex') }));
  await sql`insert into audit.tiles (level, tile, hashes) select level, tile, decode(hashes, 'hex')
    from ${fromRows({ level: 'int', tile: 'bigint', hashes: 'text' }, rows)}
    on conflict (level, tile) do update set hashes = excluded.hashes`.execute(tx);
}

async function writeLeaves(tx: Tx, leaves: readonly Leaf[]): Promise<void> {
  if (leaves.length === 0) return;
  const rows = leaves.map(({ eventId, leaf, position }) => ({ event_id: eventId, leaf, position }));
  await sql`insert into audit.leaves select * from
    ${fromRows({ event_id: 'uuid', leaf: 'bigint', position: 'bigint' }, rows)}`.execute(tx);
}

/** Throws the tree away; whoever keeps it begins at the start of the log, and nobody else can write in between. */
export async function rebuildTree(db: Database): Promise<void> {
  await db.sql.transaction().execute(async (tx) => {
    await sql`update audit.tree set size = 0, position = 0, epoch = epoch + 1, error = null,
      last_event = null, last_position = null`.execute(tx);
    await sql`truncate audit.tiles, audit.leaves`.execute(tx);
  });
}
