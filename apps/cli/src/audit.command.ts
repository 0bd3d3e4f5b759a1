import { Command } from 'commander';
import { accessesCommand } from './audit-accesses.command.js';
import { checkpointCommand, newKeyCommand, rebuildTreeCommand } from './audit-checkpoint.command.js';
import { proveCommand } from './audit-prove.command.js';
import { addReports } from './audit-reports.command.js';
import { verifyCommand } from './audit-verify.command.js';

/** `paybill audit …`: for those who have to be shown that history is what it was. */
export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'what finance and auditors ask of history: balances as of a moment, reasons, proofs, and who asked for what',
  );
  addReports(audit);
  audit.addCommand(verifyCommand());
  audit.addCommand(proveCommand());
  audit.addCommand(checkpointCommand());
  audit.addCommand(accessesCommand());
  audit.addCommand(newKeyCommand());
  audit.addCommand(rebuildTreeCommand());
  return audit;
}
