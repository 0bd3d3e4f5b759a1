import { Command } from 'commander';
import { completionCommand } from './completion/completion.command.js';
import { WrongOption } from './options.js';
import { hasColour, inColour } from './style.js';
import { VERSION } from './version.js';

/**
 * The commands by their first word, in the order of the help. Each is loaded when it is needed: some bring all of Paybill,
 * which takes a second, and most only ask an API.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.command.js')).startCommand(),
  demo: async () => (await import('./demo.command.js')).demoCommand(),
  simulate: async () => (await import('./simulate.command.js')).simulateCommand(),
  import: async () => (await import('./import.command.js')).importCommand(),
  payments: async () => (await import('./payments.command.js')).paymentsCommand(),
  till: async () => (await import('./till.command.js')).tillCommand(),
  gateway: async () => (await import('./gateway.command.js')).gatewayCommand(),
  'bank-files': async () => (await import('./bank-files.command.js')).bankFilesCommand(),
  receipts: async () => (await import('./receipts.command.js')).receiptsCommand(),
  projections: async () => (await import('./projections.command.js')).projectionsCommand(),
  backup: async () => (await import('./backup/backup.command.js')).backupCommand(),
  restore: async () => (await import('./backup/restore.command.js')).restoreCommand(),
  parked: async () => (await import('./parked.command.js')).parkedCommand(),
  webhooks: async () => (await import('./webhooks.command.js')).webhooksCommand(),
  fraud: async () => (await import('./fraud.command.js')).fraudCommand(),
  verification: async () => (await import('./verification.command.js')).verificationCommand(),
  audit: async () => (await import('./audit.command.js')).auditCommand(),
  autopay: async () => (await import('./autopay.command.js')).autopayCommand(),
  billing: async () => (await import('./billing.command.js')).billingCommand(),
  collections: async () => (await import('./collections.command.js')).collectionsCommand(),
  policy: async () => (await import('./policy.command.js')).policyCommand(),
  bills: async () => (await import('./bills.command.js')).billsCommand(),
  journal: async () => (await import('./journal.command.js')).journalCommand(),
  relay: async () => (await import('./relay.command.js')).relayCommand(),
  replay: async () => (await import('./replay/replay.command.js')).replayCommand(),
  topics: async () => (await import('./topics.command.js')).topicsCommand(),
  eventstore: async () => (await import('./eventstore.command.js')).eventstoreCommand(),
  contracts: async () => (await import('./contracts.command.js')).contractsCommand(),
  events: async () => (await import('./events.command.js')).eventsCommand(),
};

/**
 * The command line, with what holds for all of its commands.
 * @param words what it was called with: only the command named there is loaded, and all of them where none is.
 */
export async function paybillProgram(words: readonly string[] = []): Promise<Command> {
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
  const [word, within] = words.filter((one) => !one.startsWith('-'));
  const named = COMMANDS[(word === 'help' ? within : word) ?? ''];
  const commands: Command[] = [];
  for (const load of named ? [named] : Object.values(COMMANDS)) commands.push(await load());
  commands.push(
    completionCommand(() => program),
    helpCommand(() => program),
  );
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
