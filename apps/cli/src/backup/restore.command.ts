import { auditKeys, MalformedNote, renewedKeys } from '#libs/audit';
import { BackupRefused, type Manifest, readManifest, restoreBackup, verifyBackup } from '#libs/backup';
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { answer } from '../answer.js';
import { jsonOption, WrongOption } from '../options.js';
import { stages } from '../progress.js';
import { summary, told } from './told.js';

interface KeyOptions {
  readonly masterKey?: string;
  readonly withoutMasterKey?: boolean;
  readonly auditKey?: string;
  readonly withoutAuditKey?: boolean;
}

interface RestoreOptions extends KeyOptions {
  readonly data: string;
  readonly json?: boolean;
}

/** `paybill restore`: a data directory made of a backup. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('make a data directory of a backup, which is verified first')
    .argument('<backup>', 'the directory of the backup')
    .requiredOption('--data <dir>', 'data directory to make; not there yet, or empty')
    .option('--master-key <file>', 'the master.key that belongs to it, for a backup without one')
    .option('--without-master-key', 'restore without: names, addresses and phone numbers are then unreadable')
    .option('--audit-key <file>', 'the audit.key that belongs to it, for a backup without one')
    .option(
      '--without-audit-key',
      'restore without: a new signing key is made, and what the old one signed stays believed',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The directory gets its name when everything is in it. Killed before that, nothing is there, and it can be run again.

Example:
  paybill restore /backups/paybill-2026-11-26 --data ./restored \\\n    --master-key /vault/master.key --audit-key /vault/audit.key`,
    )
    .action(restore);
}

async function restore(backup: string, { data, ...options }: RestoreOptions): Promise<void> {
  // Whoever has left something out hears of it before all files are read.
  const manifest = await readManifest(backup);
  const masterKey = await masterKeyFor(manifest, options);
  const auditKey = await auditKeyFor(manifest, options);
  const shown = stages();
  const { onStage } = shown;
  try {
    const [first] = (await verifyBackup(backup, onStage)).faults;
    if (first)
      throw new BackupRefused(`${backup} is not good: ${first.where} ${first.reason}; see paybill backup verify`);
    await restoreBackup({ backup, manifest, data, masterKey, auditKey, onStage });
    shown.stop();
    const signer = auditKey === undefined ? undefined : auditKeys(auditKey).verifiers[0]!.text;
    answer(
      options,
      { data, ...summary(manifest), signer: signer ?? manifest.verifierKeys[0] ?? null },
      () => `${told(data, manifest)}\n\n${afterwards(manifest, data, signer)}`,
    );
  } finally {
    shown.stop();
  }
}

/** A key is never made anew by accident: what is sealed from then on could not be told from what nobody can open. */
async function masterKeyFor(
  { masterKey }: Manifest,
  { masterKey: file, withoutMasterKey }: KeyOptions,
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
  const text = (await keyFile('--master-key', file)).trim();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text))
    throw new WrongOption(`--master-key: ${file} holds no key of 32 bytes in base64`);
  return text;
}

/**
 * The text of the audit.key to make: the one given, or a new one; in both the verifier keys of the backup stay believed. A
 * start would otherwise make a new key that believes nothing that was signed before.
 */
async function auditKeyFor(
  { auditKey, verifierKeys }: Manifest,
  { auditKey: file, withoutAuditKey }: KeyOptions,
): Promise<string | undefined> {
  if (auditKey && (file !== undefined || withoutAuditKey)) {
    throw new WrongOption('the backup has its signing key: neither --audit-key nor --without-audit-key is of use');
  }
  const [signer] = verifierKeys;
  // Of a backup from before they were kept, nobody knows whether there are any.
  if (auditKey || (file === undefined && signer === undefined)) return undefined;
  if (withoutAuditKey) return renewedKeys(verifierKeys.join('\n'));
  if (file === undefined) {
    throw new WrongOption(
      'the backup has no signing key: name the file by --audit-key, or say --without-audit-key and have a new one made',
    );
  }
  const text = (await keyFile('--audit-key', file)).trim();
  const believed = keysIn(text, file).verifiers.map((verifier) => verifier.text);
  if (signer !== undefined && !believed.includes(signer)) {
    throw new WrongOption(
      `--audit-key: ${file} is of another log: it holds neither the key of ${signer} nor a later one`,
    );
  }
  return [text, ...verifierKeys.filter((key) => !believed.includes(key))].join('\n');
}

function keysIn(text: string, file: string): ReturnType<typeof auditKeys> {
  try {
    const keys = auditKeys(text);
    if (keys.signer) return keys;
  } catch (error) {
    if (!(error instanceof MalformedNote)) throw error;
  }
  throw new WrongOption(`--audit-key: ${file} holds no signing key`);
}

async function keyFile(option: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongOption(`${option}: ${error.message}`);
  });
}

function afterwards({ database, verifierKeys }: Manifest, data: string, signer: string | undefined): string {
  return [
    ...(signer === undefined || verifierKeys.includes(signer)
      ? []
      : [`Checkpoints are signed by a key that is new to the auditors, give them its verifier key: ${signer}`]),
    ...(database
      ? []
      : ['Restore the PostgreSQL from a backup that is no younger than this one before anything is started.']),
    `Start it: paybill start --data ${data}`,
  ].join('\n');
}
