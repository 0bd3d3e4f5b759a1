#!/usr/bin/env node
import { SourceRefused } from '#libs/ledger';
import { Command, InvalidArgumentError, Option } from 'commander';
import { contractsCommand } from './contracts.command.js';
import { demo, type DemoOptions } from './demo.command.js';
import { eventCatalogue } from './events.command.js';
import { eventstore, WrongOption } from './eventstore.command.js';
import { printReconciliation, reportRefused, runImport, telco } from './import.command.js';
import { NoTarget, startStandalone, target } from './target.js';
import { applyDeclared, diffTopics, type TopicsOptions } from './topics.command.js';

/** Reads a whole number of an option. */
function whole(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
  };
}

const dataOption = () =>
  new Option('--data <dir>', 'directory of the embedded servers').default('./data').env('PAYBILL_DATA');

const program = new Command('paybill')
  .description('Event-sourced payment ledger for companies that bill subscribers')
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false });

program
  .command('start')
  .description('start everything in one go on the embedded event store and database')
  .addOption(dataOption())
  .addHelpText('after', '\nExample:\n  paybill start --data ./data')
  .action(async ({ data }: { data: string }) => {
    const standalone = await startStandalone(data, { LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info' });
    // A terminal sends Ctrl-C to both processes, a service manager SIGTERM to this one only.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void standalone.stop());
    await standalone.ended;
  });

program
  .command('eventstore')
  .description('start the embedded event store node alone; it speaks the EventStoreDB protocol')
  .option('--data <dir>', 'directory of the log', './data/eventstore')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'port to listen on', whole(0, 65_535), 2113)
  .option('--cert <file>', 'certificate (PEM): serve TLS; needs --key')
  .option('--key <file>', 'private key of the certificate (PEM)')
  .option('--users <file>', 'require basic authentication of the users in this file, one user:password a line')
  .addHelpText(
    'after',
    `
Examples:
  paybill eventstore --data ./data/eventstore --port 2113
  paybill eventstore --cert node.crt --key node.key --users users.txt`,
  )
  .action(eventstore);

program
  .command('import')
  .description('write the history of another system through the ordinary commands')
  .command('telco')
  .description('IBM’s telco customer churn data: an account per customer, a bill and a payment per month')
  .argument('<file>', 'the CSV file')
  .addOption(dataOption())
  .addHelpText(
    'after',
    `
Works on the Paybill that PAYBILL_URL and EVENTSTORE_URL name, else on the one running on --data, else starts one there
for as long as it takes. May be killed and run again at any time: nothing is written twice.

Example:
  paybill import telco telco-customer-churn.csv --data ./data`,
  )
  .action(async (file: string, { data }: { data: string }) => {
    const paybill = await target(data);
    try {
      const outcome = await runImport(paybill, await telco(file));
      const already = outcome.already > 0 ? `, ${outcome.already} accounts were there already` : '';
      console.log(`${outcome.events} events written${already}\n`);
      const agrees = await printReconciliation(paybill, outcome);
      await reportRefused(outcome, `${file.replace(/^.*[/\\]/, '')}.refused.txt`);
      process.exitCode = agrees && outcome.refused.length === 0 ? 0 : 1;
    } finally {
      await paybill.stop();
    }
  });

program
  .command('demo')
  .description('start, import a biller’s history, reconcile it, and stay up to be looked at')
  .option('--exit', 'end after the reconciliation; the exit code says whether it balanced')
  .option('--telco <file>', 'import IBM’s telco data set instead of made-up customers')
  .option('--data <dir>', 'keep the data there (default: a temporary directory)')
  .option('--accounts <number>', 'how many customers to make up', whole(1, 1_000_000), 500)
  .option('--months <number>', 'how many months each is billed', whole(1, 240), 12)
  .option('--seed <number>', 'the same seed makes the same customers', whole(0, 4_294_967_295), 1)
  .addHelpText('after', '\nExample:\n  npm run demo -- --exit --telco telco-customer-churn.csv --data ./data')
  .action(async (options: DemoOptions) => {
    process.exitCode = await demo(options);
  });

const topics = program
  .command('topics')
  .description('the Kafka topics Paybill writes, as files declare them')
  .addHelpText('after', '\nExample:\n  paybill topics apply --brokers 127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094');
const topicsCommand = (name: string, description: string, action: (options: TopicsOptions) => Promise<number>) =>
  topics
    .command(name)
    .description(description)
    .option('--dir <dir>', 'directory of the declarations', 'infra/kafka/topics')
    .option('--brokers <list>', 'addresses separated by commas (default: KAFKA_BROKERS)')
    .option('--replication <number>', 'copies instead of those declared, for a development cluster', whole(1, 9))
    .option('--json', 'print JSON')
    .action(async (options: TopicsOptions) => {
      process.exitCode = await action(options);
    });
topicsCommand('apply', 'create what is missing and set settings right; nothing is deleted or resized', applyDeclared);
topicsCommand('diff', 'print how the cluster differs; the exit code is 1 when it does', diffTopics);

program
  .command('events')
  .description('print the catalogue of stored events, as Markdown')
  .action(() => {
    process.stdout.write(eventCatalogue());
  });

program.addCommand(contractsCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What a person can mend gets a sentence; anything else is a fault and shows where.
  const expected = [SourceRefused, NoTarget, WrongOption].some((kind) => error instanceof kind) || isOccupied(error);
  console.error(expected ? `error: ${(error as Error).message}` : error);
  process.exitCode = 1;
}

/** The node or its port is taken: the message says by whom or where. */
function isOccupied(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DirectoryInUse' || error.message.includes('EADDRINUSE'));
}
