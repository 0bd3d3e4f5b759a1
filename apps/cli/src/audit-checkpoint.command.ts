import { auditKeyFile, auditKeys, MalformedNote, renewedKeys } from '#libs/audit';
import { writeSecretFile } from '#libs/platform';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readOption } from './audit-files.js';
import { answer } from './answer.js';
import { dataOption, jsonOption, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { type ApiOptions, onApi } from './target.js';
import { refuseOccupied, writeWhole } from './whole-file.js';

interface CheckpointOptions extends ApiOptions {
  readonly actor: string;
  readonly signNow?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const CheckpointView = z.object({
  size: z.int(),
  rootHash: z.string(),
  signedAt: z.string(),
  note: z.string(),
  verifierKey: z.string(),
});

export function checkpointCommand(): Command {
  return onApi(new Command('checkpoint'))
    .description('print the last signed checkpoint, to be kept outside')
    .option('--sign-now', 'sign one over all there is first')
    .option('--out <file>', 'write the signed note into a file')
    .option('--force', 'with --out: replace a file that is there')
    .addHelpText(
      'after',
      `
Examples:
  paybill audit checkpoint --out 2026-11.txt
  paybill audit checkpoint --sign-now --json`,
    )
    .action(checkpoint);
}

async function checkpoint({ signNow, out, force = false, ...options }: CheckpointOptions): Promise<void> {
  if (out !== undefined) await refuseOccupied(out, 'file', force);
  const api = await PaybillApi.of(options);
  const signed = signNow
    ? await api.ask(CheckpointView, '/audit/checkpoints', { method: 'POST' })
    : await api.ask(CheckpointView, '/audit/checkpoints/latest');
  if (out !== undefined) await writeWhole(out, signed.note);
  if (options.json || out === undefined) answer(options, signed, () => signed.note.trimEnd());
  if (out !== undefined) console.error(`the checkpoint over ${signed.size} events is in ${out}`);
}

interface NewKeyOptions {
  readonly data: string;
  readonly name?: string;
  readonly file?: string;
  readonly json?: boolean;
}

export function newKeyCommand(): Command {
  return new Command('new-key')
    .description('make a signing key; the one it takes the place of stays believed for what it has signed')
    .option(
      '--name <name>',
      'what the key is called, best a host and path of yours such as example.com/ledger (default: as the one before)',
    )
    .option('--file <file>', 'file of the key (default: audit.key in the data directory)')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Paybill reads the key when it starts. Prints the verifier key: give it to the auditors, by another way than Paybill.

Examples:
  paybill audit new-key --name example.com/ledger
  paybill audit new-key --name example.com/ledger --file signing.key   # for PAYBILL_AUDIT_KEY="$(cat signing.key)"`,
    )
    .action(newKey);
}

async function newKey({ data, name, file, json = false }: NewKeyOptions): Promise<void> {
  const path = file ?? auditKeyFile(data);
  const before = existsSync(path) ? await readOption('--file', path) : undefined;
  try {
    const text = renewedKeys(before ?? '', name);
    await writeSecretFile(path, text);
    const verifierKey = auditKeys(text).signer!.verifier.text;
    console.error(`the signing key is in ${path}; its verifier key is`);
    answer({ json }, { file: path, verifierKey }, () => verifierKey);
  } catch (error) {
    if (error instanceof MalformedNote) throw new WrongOption(error.message);
    throw error;
  }
}

export function rebuildTreeCommand(): Command {
  return onApi(new Command('rebuild-tree'))
    .description('throw the tree over the log away and build it again; there are no proofs until it is back')
    .addHelpText('after', '\nExample:\n  paybill audit rebuild-tree')
    .action(async (options: ApiOptions & { readonly actor: string; readonly json?: boolean }) => {
      const api = await PaybillApi.of(options);
      await api.tell('/audit/tree/rebuild', { method: 'POST' });
      answer(options, { rebuilding: true }, () => 'the tree is being built again: GET /ready shows how far it is');
    });
}
