import { auditKeyFile, auditKeys, MalformedNote } from '#libs/audit';
import {
  addLaterKeys,
  BackupRefused,
  copyClosedDatabase,
  COPIES,
  hasDatabase,
  LATER_KEYS,
  type OnStage,
  PARTS,
} from '#libs/backup';
import { isAlive, lockDirectory } from '#libs/platform';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { leaveWord } from '../leave-word.js';
import { PaybillApi } from '../paybill-api.js';
import { findRunning } from '../target.js';

const CopyStanding = z.object({ state: z.enum(['copying', 'copied']), bytes: z.number(), of: z.number() });
const KeysAdded = z.object({ keys: z.int() });
const Keys = z.object({ verifierKeys: z.array(z.string()) });

/** What a backup is made of besides the log. */
interface Source {
  readonly copyDatabase: ((to: string) => Promise<void>) | undefined;
  /** Adds what was written for the log while that was copied; where nothing can have been, there is no such work. */
  readonly completeDatabase?: (copy: string) => Promise<void>;
  /** Whose signatures are believed there, the signer's first. */
  readonly verifierKeys: readonly string[];
  /** For whoever takes the backup. */
  readonly note?: string;
  readonly release: () => void | Promise<void>;
}

const nothing = () => undefined;

/** Who copies the database of a data directory: the Paybill that runs on it, or, where none runs, this process. */
export async function sourceOf(data: string, onStage: OnStage): Promise<Source> {
  const running = await findRunning(data);
  const note = 'The database is a PostgreSQL: it has to be backed up by its own means, before this.';
  if (running) {
    const api = new PaybillApi(running.url);
    await leaveWord('backup', { data, url: running.url });
    const { verifierKeys } = await api.ask(Keys, '/audit/keys');
    if (running.database === 'postgres') return { copyDatabase: undefined, verifierKeys, release: nothing, note };
    return { ...(await copyByPaybill(api, data, onStage)), verifierKeys };
  }
  const verifierKeys = await verifierKeysIn(data);
  if (!hasDatabase(data)) return { copyDatabase: undefined, verifierKeys, release: nothing, note };
  const release = await lockDirectory(data);
  return { copyDatabase: (to) => copyClosedDatabase(data, to), verifierKeys, release };
}

async function verifierKeysIn(data: string): Promise<string[]> {
  const path = auditKeyFile(data);
  if (!existsSync(path)) return [];
  try {
    return auditKeys(await readFile(path, 'utf8')).verifiers.map(({ text }) => text);
  } catch (error) {
    if (error instanceof MalformedNote) throw new BackupRefused(`${path}: ${error.message}`);
    throw error;
  }
}

/**
 * Has a running Paybill copy its database. It writes under its data directory only, into a directory that this process
 * makes there: to be able to make it is the proof that the files may be read.
 */
async function copyByPaybill(
  api: PaybillApi,
  data: string,
  onStage: OnStage,
): Promise<Pick<Required<Source>, 'copyDatabase' | 'completeDatabase' | 'release'>> {
  const copies = join(data, COPIES);
  await mkdir(copies, { recursive: true, mode: 0o700 });
  await removeLeftovers(copies);
  const name = `${process.pid}-${randomBytes(8).toString('hex')}`;
  const mine = join(copies, name);
  const copyDatabase = async (to: string) => {
    await mkdir(mine, { mode: 0o700 });
    for (let done = false; !done;) {
      const { state, bytes, of } = await api.ask(CopyStanding, `/backups/${name}/database`, { method: 'POST' });
      onStage('copying the database', Math.min(bytes, of), of);
      done = state === 'copied';
    }
    await move(join(mine, PARTS.database), to);
  };
  const completeDatabase = async (copy: string) => {
    const { keys } = await api.ask(KeysAdded, `/backups/${name}/keys`, { method: 'POST' });
    if (keys > 0) await addLaterKeys(copy, join(mine, LATER_KEYS));
  };
  return { copyDatabase, completeDatabase, release: () => rm(mine, { recursive: true, force: true }) };
}

/** What a killed backup had copied for it. */
async function removeLeftovers(copies: string): Promise<void> {
  for (const name of await readdir(copies)) {
    const pid = Number.parseInt(name, 10);
    if (pid === process.pid || !isAlive(pid)) await rm(join(copies, name), { recursive: true, force: true });
  }
}

/** A rename where that can be done, a copy from one disk to another where not. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true });
  }
}
