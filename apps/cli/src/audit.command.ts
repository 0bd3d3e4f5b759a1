import { Command } from 'commander';
import { addReports } from './audit-reports.command.js';

/** `paybill audit …`: for those who have to be shown that history is what it was. */
export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'what finance asks of history: balances as of a moment, and their reasons',
  );
  addReports(audit);
  return audit;
}
