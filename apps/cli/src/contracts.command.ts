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
import { WrongOption } from './options.js';

/** `paybill contracts …`: the public messages as documents, and what keeps them from breaking their readers. */
export function contractsCommand(): Command {
  const contracts = new Command('contracts').description('the public messages: documents, compatibility, release');
  contracts
    .command('asyncapi')
    .description('print the AsyncAPI document')
    .action(() => {
      process.stdout.write(`${JSON.stringify(asyncApi(), null, 2)}\n`);
    });
  contracts
    .command('catalogue')
    .description('print the catalogue of messages, as Markdown')
    .action(() => {
      process.stdout.write(messageCatalogue());
    });
  contracts
    .command('check')
    .description('compare the messages with the released schemas: only additions pass')
    .option('--against <dir>', 'directory of the released schemas', releasedFolder())
    .addHelpText('after', '\nExits with 1 when a reader would break.')
    .action(async ({ against }: { against: string }) => {
      if (!(await compatible(against))) return;
      const fresh = unreleased(await readReleased(against));
      console.log(`nothing breaks a reader; not released yet: ${fresh.length > 0 ? fresh.join(', ') : 'nothing'}`);
    });
  contracts
    .command('release')
    .description('add what is new to the released schemas, unless it breaks a reader')
    .option('--to <dir>', 'directory of the released schemas', releasedFolder())
    .addHelpText('after', '\nCommit what it writes: from then on only additions pass.')
    .action(async ({ to }: { to: string }) => {
      if (!(await compatible(to))) return;
      const fresh = await release(to);
      console.log(fresh.length > 0 ? `released: ${fresh.join(', ')}` : 'nothing is new');
    });
  return contracts;
}

/** Says each breach on a line of its own. */
async function compatible(folder: string): Promise<boolean> {
  if (!existsSync(folder)) throw new WrongOption(`there is no directory ${folder} with released schemas`);
  const breaches = breachesOf(await readReleased(folder));
  for (const { type, pointer, reason } of breaches) console.error(`${type}${pointer && ` ${pointer}`}: ${reason}`);
  if (breaches.length > 0) process.exitCode = 1;
  return breaches.length === 0;
}
