#!/usr/bin/env node
import { RulesRefused } from '#libs/fraud';
import { SourceRefused } from '#libs/ledger';
import { RelaySuperseded } from '#libs/messaging';
import { TopicStalled } from '#libs/platform';
import { Command } from 'commander';
import { contractsCommand } from './contracts.command.js';
import { demoCommand } from './demo.command.js';
import { eventsCommand } from './events.command.js';
import { eventstoreCommand } from './eventstore.command.js';
import { fraudCommand } from './fraud.command.js';
import { importCommand } from './import.command.js';
import { journalCommand } from './journal.command.js';
import { WrongOption } from './options.js';
import { parkedCommand } from './parked.command.js';
import { RefusedByPaybill } from './paybill-api.js';
import { relayCommand } from './relay.command.js';
import { startCommand } from './start.command.js';
import { NoTarget } from './target.js';
import { topicsCommand } from './topics.command.js';
import { NotWritten } from './whole-file.js';
import { webhooksCommand } from './webhooks.command.js';

const program = new Command('paybill')
  .description('Event-sourced payment ledger for companies that bill subscribers')
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false });

const commands = [
  startCommand(),
  demoCommand(),
  importCommand(),
  journalCommand(),
  parkedCommand(),
  webhooksCommand(),
  fraudCommand(),
  relayCommand(),
  topicsCommand(),
  eventstoreCommand(),
  contractsCommand(),
  eventsCommand(),
];
for (const command of commands) {
  inherit(command);
  program.addCommand(command);
}

/** What the program is set to holds for all its commands; commander hands it on only to those made by itself. */
function inherit(command: Command): void {
  command.copyInheritedSettings(program);
  for (const one of command.commands) inherit(one);
}

/** What a person can mend gets a sentence; anything else is a fault and shows where. */
const MENDABLE = [
  SourceRefused,
  NoTarget,
  WrongOption,
  RefusedByPaybill,
  RulesRefused,
  RelaySuperseded,
  TopicStalled,
  NotWritten,
] as const;

try {
  await program.parseAsync();
} catch (error) {
  const expected = MENDABLE.some((kind) => error instanceof kind) || isOccupied(error);
  console.error(expected ? `error: ${(error as Error).message}` : error);
  process.exitCode = 1;
}

/** The node or its port is taken: the message says by whom or where. */
function isOccupied(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DirectoryInUse' || error.message.includes('EADDRINUSE'));
}
