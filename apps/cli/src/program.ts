import { Command } from 'commander';
import { auditCommand } from './audit.command.js';
import { backupCommand } from './backup/backup.command.js';
import { restoreCommand } from './backup/restore.command.js';
import { bankFilesCommand } from './bank-files.command.js';
import { billingCommand } from './billing.command.js';
import { completionCommand } from './completion/completion.command.js';
import { contractsCommand } from './contracts.command.js';
import { demoCommand } from './demo.command.js';
import { eventsCommand } from './events.command.js';
import { eventstoreCommand } from './eventstore.command.js';
import { fraudCommand } from './fraud.command.js';
import { gatewayCommand } from './gateway.command.js';
import { importCommand } from './import.command.js';
import { WrongOption } from './options.js';
import { journalCommand } from './journal.command.js';
import { parkedCommand } from './parked.command.js';
import { paymentsCommand } from './payments.command.js';
import { projectionsCommand } from './projections.command.js';
import { receiptsCommand } from './receipts.command.js';
import { relayCommand } from './relay.command.js';
import { replayCommand } from './replay/replay.command.js';
import { startCommand } from './start.command.js';
import { hasColour, inColour } from './style.js';
import { topicsCommand } from './topics.command.js';
import { verificationCommand } from './verification.command.js';
import { VERSION } from './version.js';
import { webhooksCommand } from './webhooks.command.js';

/** The whole command line: every command there is, with what holds for all of them. */
export function paybillProgram(): Command {
  const program = new Command('paybill')
    .description('Event-sourced payment ledger for companies that bill subscribers')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--no-color', 'no colour, as with NO_COLOR=1')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true, styleTitle: (title) => inColour('bold', title) })
    // How a failure is told is for whoever runs the program: see `reportFailure`.
    .configureOutput({ outputError: () => undefined, getOutHasColors: () => hasColour(process.stdout) })
    .on('option:no-color', () => (process.env['NO_COLOR'] = '1'))
    .addHelpText(
      'after',
      '\nExamples:\n  paybill demo\n  paybill help parked retry\n\nExit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 out of reach, 70 a fault of Paybill.',
    );
  const commands = [
    startCommand(),
    demoCommand(),
    importCommand(),
    paymentsCommand(),
    gatewayCommand(),
    bankFilesCommand(),
    receiptsCommand(),
    projectionsCommand(),
    backupCommand(),
    restoreCommand(),
    parkedCommand(),
    webhooksCommand(),
    fraudCommand(),
    verificationCommand(),
    auditCommand(),
    billingCommand(),
    journalCommand(),
    relayCommand(),
    replayCommand(),
    topicsCommand(),
    eventstoreCommand(),
    contractsCommand(),
    eventsCommand(),
    completionCommand(() => program),
    helpCommand(() => program),
  ];
  for (const command of commands) {
    inherit(command, program);
    program.addCommand(command);
  }
  refuseInOneSentence(program);
  return program;
}

/**
 * What the program is set to holds for all its commands; commander hands it on only to those made by itself. A command
 * that only holds others says where their examples are.
 */
function inherit(command: Command, program: Command, path = command.name()): void {
  command.copyInheritedSettings(program).helpCommand(false);
  if (command.commands.length > 0) {
    command.addHelpText('after', `\nWith options and examples: paybill help ${path} COMMAND`);
  }
  for (const one of command.commands) inherit(one, program, `${path} ${one.name()}`);
}

/** A wrong command line is refused in a sentence that ends with where to read how it is right. */
function refuseInOneSentence(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const reason = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new WrongOption(`${reason}; see ${pathOf(command)} --help`);
  });
  for (const one of command.commands) refuseInOneSentence(one);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** `paybill help …` takes as many words as a command has. */
function helpCommand(program: () => Command): Command {
  return new Command('help')
    .description('print help for a command')
    .argument('[command...]', 'the words of the command')
    .addHelpText('after', '\nExample:\n  paybill help fraud cases list')
    .action((words: string[]) => {
      let command = program();
      for (const word of words) {
        const next = command.commands.find((one) => one.name() === word);
        if (next) command = next;
        else if (command.commands.length === 0) throw new WrongOption(`${pathOf(command)} has no command ${word}`);
        // Commander refuses an unknown word, and suggests a known one.
        else command.parse([word], { from: 'user' });
      }
      command.outputHelp();
    });
}
