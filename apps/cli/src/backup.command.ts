import {
  BackupRefused,
  copyClosedDatabase,
  COPIES,
  hasDatabase,
  isAlive,
  type Manifest,
  type OnStage,
  PARTS,
  restoreBackup,
  takeBackup,
  type VerifiedBackup,
  verifyBackup,
} from '#libs/backup';
import { lockDirectory } from '#libs/platform';
import { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { dataOption, jsonOption, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { stages } from './progress.js';
import { inColour } from './style.js';
import { properties, table } from './table.js';
import { findRunning } from './target.js';
import { VERSION } from './version.js';

interface BackupOptions {
  readonly to?: string;
  readonly data: string;
  readonly withMasterKey?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
}

interface RestoreOptions {
  readonly data: string;
  readonly masterKey?: string;
  readonly withoutMasterKey?: boolean;
  readonly json?: boolean;
}

const CopyStanding = z.object({ state: z.enum(['copying', 'copied']), bytes: z.number(), of: z.number() });

/** `paybill backup …`: the log and the embedded database of a data directory, as they are at one moment. */
export function backupCommand(): Command {
  const backup = new Command('backup')
    .description('copy log and embedded database, also while Paybill runs; verified before it gets its name')
    .option('--to <dir>', 'directory to make; not inside the data directory')
    .addOption(dataOption())
    .option('--with-master-key', 'copy the master key too: whoever has the backup then reads all personal data')
    .option('--no-verify', 'do not look whether the copy is good')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Not in it: the outbox, and without --with-master-key the key without which names, addresses and phone numbers are
unreadable. With DATABASE_URL the database is a PostgreSQL: back it up by its own means first, then take this backup of
the log.

Examples:
  paybill backup --to /backups/paybill-2026-11-26 --data ./data
  paybill backup verify /backups/paybill-2026-11-26`,
    )
    .action(take);
  backup
    .command('verify')
    .description('say whether a backup is whole and can be restored')
    .argument('<backup>', 'the directory of the backup')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Sums of all files, the hash chain and revisions of every stream, the database opened on a copy, and no reader of the log
in it ahead of the log. The exit code is 1 when anything is wrong.

Examples:
  paybill backup verify /backups/paybill-2026-11-26
  paybill backup verify /backups/paybill-2026-11-26 --json`,
    )
    // The command it belongs to has --json too, and takes it before this one sees it.
    .action((directory: string, _options: object, command: Command) => verify(directory, command.optsWithGlobals()));
  return backup;
}

/** `paybill restore`: a data directory made of a backup. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('make a data directory of a backup, which is verified first')
    .argument('<backup>', 'the directory of the backup')
    .requiredOption('--data <dir>', 'data directory to make; not there yet, or empty')
    .option('--master-key <file>', 'the master.key that belongs to it, for a backup without one')
    .option('--without-master-key', 'restore without: names, addresses and phone numbers are then unreadable')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The directory gets its name when everything is in it. Killed before that, nothing is there, and it can be run again.

Example:
  paybill restore /backups/paybill-2026-11-26 --data ./restored --master-key /vault/master.key`,
    )
    .action(restore);
}

async function take({ to, data, withMasterKey = false, verify: verifying, ...options }: BackupOptions): Promise<void> {
  if (to === undefined) throw new WrongOption('--to: name the directory to make; see paybill backup --help');
  const shown = stages();
  const { onStage } = shown;
  const check = async (directory: string) => requireGood(await verifyBackup(directory, onStage));
  try {
    const { copyDatabase, release, note } = await databaseOf(data, onStage);
    try {
      const taken = { data, to, withMasterKey, paybill: VERSION, now: new Date(), copyDatabase, onStage };
      const manifest = await takeBackup({ ...taken, ...(verifying && { check }) });
      shown.stop();
      answer(options, { backup: to, verified: verifying, ...summary(manifest) }, () =>
        [told(to, manifest), note, verifying ? inColour('green', 'verified') : 'not verified']
          .filter(Boolean)
          .join('\n'),
      );
    } finally {
      release();
    }
  } finally {
    shown.stop();
  }
}

/** How the database of a data directory is copied: by the Paybill that runs on it, or, where none runs, by this process. */
async function databaseOf(
  data: string,
  onStage: OnStage,
): Promise<{ copyDatabase: ((to: string) => Promise<void>) | undefined; release: () => void; note?: string }> {
  const running = await findRunning(data);
  const notOurs = 'The database is a PostgreSQL: it has to be backed up by its own means, before this.';
  if (running?.database === 'postgres') return { copyDatabase: undefined, release: () => undefined, note: notOurs };
  if (running) {
    const api = new PaybillApi(running.url);
    return { copyDatabase: (to) => copyByPaybill(api, data, to, onStage), release: () => undefined };
  }
  if (!hasDatabase(data)) return { copyDatabase: undefined, release: () => undefined, note: notOurs };
  const release = await lockDirectory(data);
  return { copyDatabase: (to) => copyClosedDatabase(data, to), release };
}

/**
 * Has a running Paybill copy its database. It writes under its data directory only, into a directory that this process
 * makes there: to be able to make it is the proof that the files may be read.
 */
async function copyByPaybill(api: PaybillApi, data: string, to: string, onStage: OnStage): Promise<void> {
  const copies = join(data, COPIES);
  await mkdir(copies, { recursive: true, mode: 0o700 });
  await removeLeftovers(copies);
  const name = `${process.pid}-${randomBytes(8).toString('hex')}`;
  const mine = join(copies, name);
  await mkdir(mine, { mode: 0o700 });
  try {
    for (let done = false; !done;) {
      const { state, bytes, of } = await api.ask(CopyStanding, `/backups/${name}/database`, { method: 'POST' });
      onStage('copying the database', Math.min(bytes, of), of);
      done = state === 'copied';
    }
    await move(join(mine, PARTS.database), to);
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
}

/** What a killed backup had copied for it. */
async function removeLeftovers(copies: string): Promise<void> {
  for (const name of await readdir(copies)) {
    if (!isAlive(Number.parseInt(name, 10))) await rm(join(copies, name), { recursive: true, force: true });
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

function requireGood({ faults }: VerifiedBackup): void {
  const [first] = faults;
  if (!first) return;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
  throw new BackupRefused(`the copy is not good: ${first.where} ${first.reason}${more}; nothing is left of it`);
}

async function verify(backup: string, options: { json?: boolean }): Promise<void> {
  const shown = stages();
  const { manifest, streams, faults } = await verifyBackup(backup, shown.onStage).finally(() => shown.stop());
  answer(options, { backup, good: faults.length === 0, ...summary(manifest), streams, faults }, () => {
    if (faults.length === 0) return `${told(backup, manifest)}\n${inColour('green', 'good')}`;
    const rows = faults.map(({ where, reason }) => [where, reason]);
    return `${inColour('red', `${backup} is NOT good`)}\n\n${table([['where', 'what is wrong'], ...rows])}`;
  });
  if (faults.length > 0) process.exitCode = ExitCode.no;
}

async function restore(backup: string, { data, ...options }: RestoreOptions): Promise<void> {
  const shown = stages();
  const { onStage } = shown;
  try {
    const { manifest, faults } = await verifyBackup(backup, onStage);
    const [first] = faults;
    if (first)
      throw new BackupRefused(`${backup} is not good: ${first.where} ${first.reason}; see paybill backup verify`);
    const masterKey = await masterKeyFor(manifest, options);
    await restoreBackup({ backup, manifest, data, masterKey, onStage });
    shown.stop();
    answer(options, { data, ...summary(manifest) }, () => `${told(data, manifest)}\n\n${afterwards(manifest, data)}`);
  } finally {
    shown.stop();
  }
}

/** A key is never made anew by accident: what is sealed from then on could not be told from what nobody can open. */
async function masterKeyFor(
  { masterKey }: Manifest,
  { masterKey: file, withoutMasterKey }: RestoreOptions | Omit<RestoreOptions, 'data'>,
): Promise<string | undefined> {
  if (masterKey && (file !== undefined || withoutMasterKey)) {
    throw new WrongOption('the backup has its master key: neither --master-key nor --without-master-key is of use');
  }
  if (masterKey || withoutMasterKey) return undefined;
  if (file === undefined) {
    throw new WrongOption(
      'the backup has no master key: name the file by --master-key, or say --without-master-key and lose all names and addresses',
    );
  }
  const text = (
    await readFile(file, 'utf8').catch((error: Error) => {
      throw new WrongOption(`--master-key: ${error.message}`);
    })
  ).trim();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text))
    throw new WrongOption(`--master-key: ${file} holds no key of 32 bytes in base64`);
  return text;
}

function summary({ createdAt, paybill, log, database, masterKey, files }: Manifest) {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { createdAt, paybill, log, database, masterKey, files: files.length, bytes };
}

function told(directory: string, manifest: Manifest): string {
  const { createdAt, log, database, masterKey, bytes, files } = summary(manifest);
  return properties([
    ['directory', directory],
    ['taken', createdAt],
    ['log', `${log.events.toLocaleString('en')} events, up to position ${log.position}`],
    ['database', database ? 'in it' : 'NOT in it'],
    ['master key', masterKey ? 'in it: keep it as safe as the key itself' : 'not in it: keep master.key elsewhere'],
    ['size', `${Math.ceil(bytes / 1_000_000).toLocaleString('en')} MB in ${files} files`],
  ]);
}

function afterwards({ database }: Manifest, data: string): string {
  const start = `Start it: paybill start --data ${data}`;
  if (database) return start;
  return `Restore the PostgreSQL from a backup that is no younger than this one before anything is started.\n${start}`;
}
