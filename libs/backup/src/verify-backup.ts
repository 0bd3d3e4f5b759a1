import { brokenLink, GENESIS_HASH, type LogMark, logMarks, storedLink } from '#libs/event-sourcing';
import { type FiledEvent, LogFile } from '#libs/eventstore-node';
import { type Database, openDatabase } from '#libs/platform';
import { sql } from 'kysely';
import { constants } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { besides, bytesOf, filesBelow, sumOf } from './files.js';
import { type Manifest, MANIFEST, PARTS, readManifest } from './manifest.js';
import { type OnStage } from './take-backup.js';

/** What is wrong with a backup: where, and in words. */
interface BackupFault {
  readonly where: string;
  readonly reason: string;
}

export interface VerifiedBackup {
  readonly manifest: Manifest;
  readonly streams: number;
  readonly faults: readonly BackupFault[];
}

/** A reader of the log as the database knows it. */
interface Reader {
  readonly name: string;
  readonly position: bigint;
  readonly mark?: LogMark | undefined;
  /** Id of the event at `position`, where a reader knows that instead of a mark. */
  readonly eventId?: string;
}

const MOST_FAULTS = 100;

/**
 * Looks whether a backup is what it says and can be used: every file has its sum; the log has every revision of every
 * stream once, each linked to the one before by its hash; the database opens, and no reader in it is ahead of the log.
 * The backup is not changed: the database is opened on a copy beside it, which is removed.
 * @returns a hundred faults at most
 * @throws BackupRefused when the directory is no backup
 */
export async function verifyBackup(directory: string, onStage?: OnStage): Promise<VerifiedBackup> {
  const manifest = await readManifest(directory);
  const faults = await filesFaults(directory, manifest, onStage);
  // Files that are not what they were need not be looked into, and lmdb does not survive all of them.
  if (faults.length > 0) return { manifest, streams: 0, faults };
  const readers = manifest.database ? await readersOf(directory, manifest) : [];
  if ('reason' in readers) return { manifest, streams: 0, faults: [readers] };
  const log = await lookThrough(join(directory, PARTS.log), manifest, readers, onStage);
  return { manifest, ...log };
}

async function filesFaults(
  directory: string,
  { files }: Manifest,
  onStage: OnStage | undefined,
): Promise<BackupFault[]> {
  const faults: BackupFault[] = [];
  const there = new Set(await filesBelow(directory));
  there.delete(MANIFEST);
  const known = files.filter(({ path }) => there.has(path));
  const total = await bytesOf(
    directory,
    known.map(({ path }) => path),
  );
  let done = 0;
  for (const file of files) {
    if (!there.delete(file.path)) faults.push({ where: file.path, reason: 'the file is missing' });
    else {
      const onBytes = (bytes: number) => onStage?.('checking sums', (done += bytes), total);
      const { sha256, bytes } = await sumOf(directory, file.path, { onBytes });
      if (bytes !== file.bytes) faults.push({ where: file.path, reason: `has ${bytes} bytes and had ${file.bytes}` });
      else if (sha256 !== file.sha256) faults.push({ where: file.path, reason: 'its bytes are not those it had' });
    }
  }
  for (const path of there) faults.push({ where: path, reason: 'the file is no part of the backup' });
  return faults.slice(0, MOST_FAULTS);
}

/** The readers of the log that the database knows, found by opening a copy of it; or why it cannot be opened. */
async function readersOf(directory: string, { directories }: Manifest): Promise<readonly Reader[] | BackupFault> {
  const scratch = await besides(resolve(directory));
  try {
    // On a file system that can, the copy takes no room until it is changed.
    const mode = constants.COPYFILE_FICLONE;
    await cp(join(directory, PARTS.database), join(scratch, PARTS.database), { recursive: true, mode });
    for (const path of directories) await mkdir(join(scratch, path), { recursive: true });
    const db = await openDatabase({ dataDir: join(scratch, PARTS.database) });
    try {
      return await readersIn(db);
    } finally {
      await db.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    return { where: PARTS.database, reason: `the database does not open: ${(error as Error).message}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readersIn(db: Database): Promise<readonly Reader[]> {
  const has = async (table: string) => {
    const { rows } = await sql<{ found: string | null }>`select to_regclass(${table})::text as found`.execute(db.sql);
    return rows[0]!.found !== null;
  };
  const marks = (await has('public.log_marks')) ? await logMarks(db.sql) : new Map<string, LogMark>();
  const readers: Reader[] = [];
  for (const [table, name] of READERS) {
    if (!(await has(table))) continue;
    const { rows } = await sql<{ name: string; position: string }>`
      select ${sql.raw(name)} as name, position from ${sql.raw(table)}`.execute(db.sql);
    readers.push(...rows.map((row) => ({ name: row.name, position: BigInt(row.position), mark: marks.get(row.name) })));
  }
  return [...readers, ...(await treeIn(db, has))];
}

/** The tree over the log, which remembers its last event by position and id. */
async function treeIn(db: Database, has: (table: string) => Promise<boolean>): Promise<Reader[]> {
  if (!(await has('audit.tree'))) return [];
  const { rows } = await sql<{ last_event: string; last_position: string }>`
    select last_event, last_position from audit.tree where last_event is not null`.execute(db.sql);
  return rows.map((row) => ({ name: 'tree', position: BigInt(row.last_position), eventId: row.last_event }));
}

/** Where readers of the log keep their positions, and what they are called there. */
const READERS = [
  ['public.projection_checkpoints', `name || '_v' || version`],
  ['messaging.positions', 'consumer'],
  ['fraud.reactions', `'fraud-holds'`],
] as const;

async function lookThrough(
  directory: string,
  { log }: Manifest,
  readers: readonly Reader[],
  onStage: OnStage | undefined,
): Promise<{ streams: number; faults: BackupFault[] }> {
  const file = new LogFile(directory);
  try {
    const chains = new Chains(readers);
    const bytes = Number(log.position);
    let events = 0;
    let position = 0n;
    for (const event of file.events()) {
      chains.add(event);
      position = event.position;
      // A turn of the loop now and then, for whoever shows how far it is.
      if (++events % 1_000 === 0) await new Promise(setImmediate);
      onStage?.('checking the log', Number(position), bytes);
    }
    const faults = chains.faults();
    if (events !== log.events || String(position) !== log.position) {
      const found = `${events} events up to position ${position}`;
      faults.unshift({ where: PARTS.log, reason: `has ${found} and not ${log.events} up to ${log.position}` });
    }
    for (const { name, position: at, mark, eventId } of readers) {
      if (!mark && eventId === undefined && at > position) {
        faults.push({ where: name, reason: `is at position ${at}, and the log ends at ${position}` });
      }
    }
    return { streams: chains.streams, faults: faults.slice(0, MOST_FAULTS) };
  } finally {
    await file.close();
  }
}

interface Chain {
  readonly revision: bigint;
  /** Undefined for a stream whose events are not linked. */
  readonly hash: string | undefined;
}

/** The streams of a log as far as it has been read, and what is wrong with them. */
class Chains {
  readonly #chains = new Map<string, Chain>();
  readonly #faults: BackupFault[] = [];
  /** Readers whose last event has not been met yet. */
  readonly #awaited: Set<Reader>;

  constructor(readers: readonly Reader[]) {
    this.#awaited = new Set(readers.filter(({ mark, eventId }) => mark !== undefined || eventId !== undefined));
  }

  get streams(): number {
    return this.#chains.size;
  }

  add(event: FiledEvent): void {
    // The node's own streams have no hashes.
    if (event.stream.startsWith('$')) return;
    const last = this.#chains.get(event.stream);
    const { hash, reason } = follow(event, last);
    if (reason !== undefined) this.#fault(`${event.stream} revision ${event.revision}`, reason);
    this.#chains.set(event.stream, { revision: event.revision, hash });
    for (const reader of this.#awaited) if (isLastOf(reader, event)) this.#awaited.delete(reader);
  }

  /** All faults, with the readers whose last event has not been met. */
  faults(): BackupFault[] {
    const ahead = [...this.#awaited].map(({ name, position, mark, eventId }) => {
      const event = mark
        ? `${mark.stream} revision ${mark.revision} (${mark.id})`
        : `${eventId} at position ${position}`;
      return { where: name, reason: `has seen ${event}, which is not in the log` };
    });
    return [...this.#faults, ...ahead];
  }

  #fault(where: string, reason: string): void {
    if (this.#faults.length < MOST_FAULTS) this.#faults.push({ where, reason });
  }
}

function isLastOf({ position, mark, eventId }: Reader, event: FiledEvent): boolean {
  if (mark) return mark.stream === event.stream && mark.revision === event.revision && mark.id === event.id;
  return position === event.position && eventId === event.id;
}

/** How an event follows the one before it in its stream. */
function follow(event: FiledEvent, last: Chain | undefined): { hash: string | undefined; reason?: string } {
  const expected = (last?.revision ?? -1n) + 1n;
  const hash = storedLink(event)?.hash;
  if (event.revision !== expected) return { hash, reason: `comes where revision ${expected} should` };
  // A stream begins with a linked event, and then all of its events are; or with one that is not.
  const unlinked = last === undefined || last.hash === undefined;
  if (unlinked && hash === undefined) return { hash };
  const reason = brokenLink(event, last?.hash ?? GENESIS_HASH);
  return { hash, ...(reason !== undefined && { reason }) };
}
