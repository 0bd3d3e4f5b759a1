import {
  asyncApi,
  breachesOf,
  messageCatalogue,
  readReleased,
  release,
  releasedFolder,
  unreleased,
} from '#libs/contracts';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { jsonOption, WrongOption } from './options.js';

interface ContractsOptions {
  readonly json?: boolean;
}

/** `paybill contracts …`: the public messages as documents, and what keeps them from breaking their readers. */
export function contractsCommand(): Command {
  const contracts = new Command('contracts').description('the public messages: documents, compatibility, release');
  contracts
    .command('asyncapi')
    .description('print the AsyncAPI document, which is JSON')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill contracts asyncapi > asyncapi.json')
    .action(() => answer({ json: true }, asyncApi(), String));
  contracts
    .command('catalogue')
    .description('print the catalogue of messages, as Markdown; with --json the AsyncAPI document')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill contracts catalogue > messages.md')
    .action((options: ContractsOptions) => answer(options, asyncApi(), () => messageCatalogue().trimEnd()));
  contracts
    .command('check')
    .description('compare the messages with the released schemas: only additions pass')
    .option('--against <dir>', 'directory of the released schemas', releasedFolder())
    .addOption(jsonOption())
    .addHelpText('after', '\nExits with 1 when a reader would break.\n\nExample:\n  paybill contracts check')
    .action(async ({ against, ...options }: ContractsOptions & { against: string }) => {
      if (!(await compatible(against, options))) return;
      const fresh = unreleased(await readReleased(against));
      answer(options, { breaches: [], unreleased: fresh }, () => {
        return `nothing breaks a reader; not released yet: ${fresh.length > 0 ? fresh.join(', ') : 'nothing'}`;
      });
    });
  contracts
    .command('release')
    .description('add what is new to the released schemas, unless it breaks a reader')
    .option('--to <dir>', 'directory of the released schemas', releasedFolder())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nCommit what it writes: from then on only additions pass.\n\nExample:\n  paybill contracts release',
    )
    .action(async ({ to, ...options }: ContractsOptions & { to: string }) => {
      if (!(await compatible(to, options))) return;
      const fresh = await release(to);
      answer(options, { breaches: [], released: fresh }, () => {
        return fresh.length > 0 ? `released: ${fresh.join(', ')}` : 'nothing is new';
      });
    });
  return contracts;
}

/** Whether no reader breaks; each breach is printed, and the exit code says no. */
async function compatible(folder: string, options: ContractsOptions): Promise<boolean> {
  if (!existsSync(folder)) throw new WrongOption(`there is no directory ${folder} with released schemas`);
  const breaches = breachesOf(await readReleased(folder));
  if (breaches.length === 0) return true;
  answer(options, { breaches }, () => {
    return breaches.map(({ type, pointer, reason }) => `${type}${pointer && ` ${pointer}`}: ${reason}`).join('\n');
  });
  process.exitCode = ExitCode.no;
  return false;
}
