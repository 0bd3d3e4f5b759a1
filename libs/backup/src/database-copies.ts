import { copyEmbedded, type Database, keysSince, momentOf, Problem } from '#libs/platform';
import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, filesBelow } from './files.js';
import { PARTS } from './manifest.js';

/** Where in a data directory whoever takes a backup makes a directory for the copy of the database. */
export const COPIES = 'backups';
/** The process that takes the backup, and something of its own. */
const NAME = /^\d{1,10}-[\da-f]{16}$/;
/** Where the keys are that were made after the database was copied. */
export const LATER_KEYS = 'personal-data-keys.json';

const ANSWER_WITHIN_MS = 2_000;

export interface CopyStanding {
  readonly state: 'copying' | 'copied';
  readonly bytes: number;
  /** How many there were at the beginning; there may come to be a few more. */
  readonly of: number;
}

export interface KeysAdded {
  /** How many keys of personal data were made or destroyed since the database was copied. */
  readonly keys: number;
}

interface Copy {
  readonly name: string;
  /** Of the database, before the copy was begun. */
  readonly moment: string;
  readonly of: number;
  readonly ended: Promise<void>;
  bytes: number;
  state: 'copying' | 'copied';
}

/**
 * Copies the embedded database of this process for whoever takes a backup. It writes nowhere but into a directory that is
 * there, empty, under the data directory: who could make that one can read the database anyway, and nobody else can have
 * anything written.
 */
export class DatabaseCopies {
  #copy: Copy | undefined;

  constructor(
    private readonly db: Database,
    private readonly data: string,
  ) {}

  /**
   * Begins a copy, or says how far it is when it has begun; asked again and again until it is done.
   * @param name of the directory under `backups`
   */
  async copy(name: string): Promise<CopyStanding> {
    const copy = this.#copy?.name === name ? this.#copy : await this.#begin(name);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ANSWER_WITHIN_MS)));
    try {
      await Promise.race([copy.ended, late]);
    } finally {
      clearTimeout(timer);
    }
    const { state, bytes, of } = copy;
    return { state, bytes, of };
  }

  /**
   * Writes the keys of personal data that were made since into a file beside the copy. A key is in the database before anything
   * sealed with it is in the log; so once the log is copied, these are all that the copy of the database lacks.
   */
  async addKeys(name: string): Promise<KeysAdded> {
    const copy = this.#copy;
    if (copy?.name !== name || copy.state !== 'copied') {
      throw new Problem(404, 'BACKUP_UNKNOWN', 'the database was not copied under this name; paybill backup does that');
    }
    const keys = await keysSince(this.db, copy.moment);
    const path = join(this.data, COPIES, name, LATER_KEYS);
    await writeFile(path, JSON.stringify(keys), { mode: 0o600, flag: 'wx' });
    return { keys: keys.length };
  }

  async #begin(name: string): Promise<Copy> {
    const from = join(this.data, PARTS.database);
    const to = join(this.data, COPIES, name);
    if (this.db.engine !== 'pglite') throw new Problem(409, 'DATABASE_NOT_EMBEDDED', 'the database is a PostgreSQL');
    if (!NAME.test(name) || !(await isEmptyDirectory(to))) {
      throw new Problem(404, 'BACKUP_UNKNOWN', 'nobody has made a directory for this copy; paybill backup does');
    }
    if (this.#copy?.state === 'copying') throw new Problem(409, 'BACKUP_RUNNING', 'another backup is being taken');
    await mkdir(join(to, PARTS.database));
    const copy: Copy = {
      name,
      moment: await momentOf(this.db),
      of: await bytesOf(from, await filesBelow(from)).catch(() => 0),
      bytes: 0,
      state: 'copying',
      ended: this.#run(from, join(to, PARTS.database), () => copy),
    };
    copy.ended.catch(() => undefined);
    this.#copy = copy;
    return copy;
  }

  async #run(from: string, to: string, copy: () => Copy): Promise<void> {
    try {
      await copyEmbedded(this.db, { from, to, onCopied: (bytes) => (copy().bytes += bytes) });
      copy().state = 'copied';
    } catch (error) {
      this.#copy = undefined;
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new Problem(507, 'DISK_FULL', 'there is no room for a copy of the database in the data directory');
    }
  }
}

async function isEmptyDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory() && (await readdir(path)).length === 0;
  } catch {
    return false;
  }
}
