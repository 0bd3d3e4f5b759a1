import { startEventStoreNode } from '#libs/eventstore-node';
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { answer } from './answer.js';
import { jsonOption, WrongOption, whole } from './options.js';

interface EventStoreOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly cert?: string;
  readonly key?: string;
  readonly users?: string;
  readonly json?: boolean;
}

export function eventstoreCommand(): Command {
  return new Command('eventstore')
    .description('start the embedded event store node alone; it speaks the EventStoreDB protocol')
    .option('--data <dir>', 'directory of the log', './data/eventstore')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on', whole(0, 65_535), 2113)
    .option('--cert <file>', 'certificate (PEM): serve TLS; needs --key')
    .option('--key <file>', 'private key of the certificate (PEM)')
    .option('--users <file>', 'require basic authentication of the users in this file, one user:password a line')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  paybill eventstore --data ./data/eventstore --port 2113
  paybill eventstore --cert node.crt --key node.key --users users.txt`,
    )
    .action(eventstore);
}

/** Runs the embedded event store node alone until it is asked to stop. */
async function eventstore(options: EventStoreOptions): Promise<void> {
  const { data, host, port } = options;
  const node = await startEventStoreNode({
    dataDir: data,
    host,
    port,
    ...(await tls(options)),
    ...(await users(options)),
  });
  const { connectionString } = node;
  answer(options, { connectionString, data }, () => `event store node on ${connectionString}, data in ${data}`);
  const stop = () => void node.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

async function tls({ cert, key }: EventStoreOptions) {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) throw new WrongOption('--cert and --key go together');
  return { tls: { cert: await readOption('--cert', cert), key: await readOption('--key', key) } };
}

/** Passwords come from a file: an argument would show them to every user of the machine. */
async function users({ users: file }: EventStoreOptions) {
  if (file === undefined) return {};
  const lines = (await readOption('--users', file))
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const pairs = lines.map((line, index): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1 || colon === line.length - 1)
      throw new WrongOption(`--users: line ${index + 1} is not user:password`);
    return [line.slice(0, colon), line.slice(colon + 1)];
  });
  if (pairs.length === 0) throw new WrongOption('--users: the file names no user');
  return { users: Object.fromEntries(pairs) };
}

async function readOption(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new WrongOption(`${option}: ${(error as Error).message}`);
  }
}
