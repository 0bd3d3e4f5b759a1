import { Command } from 'commander';
import { accessesCommand } from './audit-accesses.command.js';
import { checkpointCommand, newKeyCommand, rebuildTreeCommand } from './audit-checkpoint.command.js';
import { proveCommand } from './audit-prove.command.js';
import { verifyCommand } from './audit-verify.command.js';

/** `paybill audit …`: for those who have to be shown that history is what it was. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('verify the log, prove what is in it, and see who asked for what');
  audit.addCommand(verifyCommand());
  audit.addCommand(proveCommand());
  audit.addCommand(checkpointCommand());
  audit.addCommand(accessesCommand());
  audit.addCommand(newKeyCommand());
  audit.addCommand(rebuildTreeCommand());
  return audit;
}
