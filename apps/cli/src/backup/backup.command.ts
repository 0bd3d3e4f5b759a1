import { BackupRefused, takeBackup, type VerifiedBackup, verifyBackup } from '#libs/backup';
import { Command } from 'commander';
import { answer } from '../answer.js';
import { ExitCode } from '../failure.js';
import { dataOption, jsonOption, WrongOption } from '../options.js';
import { stages } from '../progress.js';
import { inColour } from '../style.js';
import { table } from '../table.js';
import { VERSION } from '../version.js';
import { sourceOf } from './source.js';
import { summary, told } from './told.js';

interface BackupOptions {
  readonly to?: string;
  readonly data: string;
  readonly withMasterKey?: boolean;
  readonly withAuditKey?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
}

/** `paybill backup …`: the log and the embedded database of a data directory, as they are at one moment. */
export function backupCommand(): Command {
  const backup = new Command('backup')
    .description('copy log and embedded database, also while Paybill runs; verified before it gets its name')
    .option('--to <dir>', 'directory to make; not inside the data directory')
    .addOption(dataOption())
    .option('--with-master-key', 'copy the master key too: whoever has the backup then reads all personal data')
    .option('--with-audit-key', 'copy the signing key too: whoever has the backup can then sign another history')
    .option('--no-verify', 'do not look whether the copy is good')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Not in it: the outbox; without --with-master-key the key without which names, addresses and phone numbers are unreadable;
without --with-audit-key the key that signs checkpoints. The verifier keys are in it. With DATABASE_URL the database is a PostgreSQL: back it up by its own means first, then take this backup of
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

async function take({ to, data, verify: verifying, ...options }: BackupOptions): Promise<void> {
  if (to === undefined) throw new WrongOption('--to: name the directory to make; see paybill backup --help');
  const { withMasterKey = false, withAuditKey = false } = options;
  const shown = stages();
  const { onStage } = shown;
  const check = async (directory: string) => requireGood(await verifyBackup(directory, onStage));
  try {
    const { release, note, ...source } = await sourceOf(data, onStage);
    try {
      const taken = { ...source, data, to, withMasterKey, withAuditKey, paybill: VERSION, now: new Date(), onStage };
      const manifest = await takeBackup({ ...taken, ...(verifying && { check }) });
      shown.stop();
      answer(options, { backup: to, verified: verifying, ...summary(manifest) }, () =>
        [told(to, manifest), note, verifying ? inColour('green', 'verified') : 'not verified']
          .filter(Boolean)
          .join('\n'),
      );
    } finally {
      await release();
    }
  } finally {
    shown.stop();
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
