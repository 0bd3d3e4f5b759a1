import { TOPICS } from '#libs/contracts';
import { type MessageLog, readProgress, Relay, type Verification, verifyRelay } from '#libs/messaging';
import { applyTopics, type DeclaredTopic, type Kafka, topicDifferences } from '#libs/platform';
import { Command } from 'commander';
import { eventsBetween, withLog } from './account-log.js';
import { type Admin, kafkaOf, withAdmin } from './kafka.js';
import { answer } from './answer.js';
import { brokersOption, position, uuid, WrongOption } from './options.js';
import { counter, progress } from './progress.js';
import { inColour } from './style.js';
import { properties, table } from './table.js';
import { type EventStoreOptions, NoTarget, onEventStore } from './target.js';

interface RelayCommandOptions extends EventStoreOptions {
  readonly brokers?: string;
  readonly name: string;
  readonly topic: string;
  readonly progressTopic: string;
  readonly json?: boolean;
}

interface ReplayOptions extends Omit<RelayCommandOptions, 'name'> {
  readonly from: bigint;
  readonly to: string;
  readonly until?: bigint;
  readonly account?: string;
}

/** Further behind than this is "more than": an operator needs to know that it is far, not how far to the message. */
const MOST_COUNTED = 100_000;

/** `paybill relay …`: how far Kafka has the log, whether it has it rightly, and the log once more for who needs it. */
export function relayCommand(): Command {
  const relay = new Command('relay').description(
    'the way of the log to Kafka: how far, whether rightly, and once more',
  );
  onKafka(relay.command('status'))
    .description('print how far the relay has come, and how many messages it is behind')
    .option('--name <name>', 'name of the relay', 'relay')
    .addHelpText('after', '\nExample:\n  paybill relay status --brokers 127.0.0.1:9092')
    .action(status);
  onKafka(relay.command('verify'))
    .description('compare the topic with the log, message by message')
    .option('--name <name>', 'name of the relay', 'relay')
    .addHelpText(
      'after',
      `
For each account: the same messages with the same content in the same order, none missing, none twice. Compares up to
the position of the relay. The exit code is 1 when anything differs.

Examples:
  paybill relay verify --brokers 127.0.0.1:9092
  paybill relay verify --topic history.for.reporting --name replay:history.for.reporting:0`,
    )
    .action(verify);
  onKafka(relay.command('replay'))
    .description('write the log once more, to a topic of its own')
    .requiredOption('--from <position>', 'position after which to begin; 0 for the beginning', position)
    .requiredOption('--to <topic>', 'topic to write; created like the relay’s own when it is not there')
    .option('--until <position>', 'position to end at (default: the end of the log)', position)
    .option('--account <id>', 'only the messages of this account', uuid)
    .addHelpText(
      'after',
      `
May be killed and run again with the same --from, --to and --account: it goes on where it was, and nothing is written
twice. Run again later, it adds what has come since.

Example:
  paybill relay replay --from 0 --to history.for.reporting --brokers 127.0.0.1:9092`,
    )
    .action(replay);
  return relay;
}

function onKafka(command: Command): Command {
  command
    .addOption(brokersOption())
    .option('--topic <topic>', 'topic the relay writes', TOPICS.account)
    .option('--progress-topic <topic>', 'topic the relay notes its progress in', TOPICS.relayProgress);
  return onEventStore(command);
}

async function status(options: RelayCommandOptions): Promise<void> {
  const { brokers, name, topic, progressTopic } = options;
  const kafka = kafkaOf(brokers);
  await requireTopics(kafka, [topic, progressTopic]);
  await withLog(options, async (log) => {
    const relayed = await readProgress(kafka, progressTopic, name);
    const end = await log.store.lastPosition();
    const { count, more } = await countAfter(log, relayed.position, end);
    const { position: at, messages } = relayed;
    const behind = { messages: count, ...(more && { more }) };
    answer(options, { name, topic, position: at, messages, endOfLog: end, behind }, () =>
      properties([
        ['topic', topic],
        ['position', String(at)],
        ['end of log', String(end)],
        ['written', `${messages.toLocaleString('en')} messages`],
        ['behind', `${more ? 'more than ' : ''}${count.toLocaleString('en')} messages`],
      ]),
    );
  });
}

/** How many messages the log has after a position; stops counting where the number tells nothing any more. */
async function countAfter(log: MessageLog, after: bigint, end: bigint): Promise<{ count: number; more: boolean }> {
  let count = 0;
  for await (const _event of eventsBetween(log, after, end)) {
    if (count === MOST_COUNTED) return { count, more: true };
    count += 1;
  }
  return { count, more: false };
}

async function verify(options: RelayCommandOptions): Promise<void> {
  const { brokers, name, topic, progressTopic } = options;
  const kafka = kafkaOf(brokers);
  await requireTopics(kafka, [topic, progressTopic]);
  const shown = counter('verifying');
  try {
    const found = await withLog(options, (log) =>
      verifyRelay(log, kafka, {
        name,
        topic,
        progressTopic,
        onProgress: (stage, messages) => shown.update(stage === 'log' ? 'log read' : 'topic read', messages),
      }),
    );
    shown.stop();
    answer(options, { topic, ...found }, () => verdict(topic, found));
    process.exitCode = found.faults === 0 ? 0 : 1;
  } finally {
    shown.stop();
  }
}

function verdict(topic: string, { position: at, messages, accounts, faults, examples }: Verification): string {
  const compared = `${messages.toLocaleString('en')} messages of ${accounts.toLocaleString('en')} accounts, up to position ${at}`;
  if (faults === 0) return `${topic} is ${inColour('green', 'as the log')}: ${compared}`;
  const rows = examples.map(({ kind, accountId, sequence }) => [kind, accountId, sequence.replace(/^0+(?=\d)/, '')]);
  const others = faults > examples.length ? `\n… and ${(faults - examples.length).toLocaleString('en')} more` : '';
  return `${topic} is ${inColour('red', 'NOT as the log')}: ${faults === 1 ? '1 fault' : `${faults.toLocaleString('en')} faults`} in ${compared}\n
${table([['fault', 'account', 'sequence'], ...rows], [2])}${others}`;
}

async function replay(options: ReplayOptions): Promise<void> {
  const { brokers, from, to, topic, progressTopic, account } = options;
  const reserved: readonly string[] = [TOPICS.account, TOPICS.relayProgress, topic, progressTopic];
  if (reserved.includes(to)) {
    throw new WrongOption(`--to: ${to} is written by the relay itself; name a topic of its own for the replay`);
  }
  const kafka = kafkaOf(brokers);
  await requireTopics(kafka, [topic, progressTopic]);
  await withLog(options, async (log) => {
    const until = await endOf(log, options);
    const created = await withAdmin(kafka, (admin) => createLike(admin, topic, to));
    if (created) console.error(`${to} was not there and has been created like ${topic}`);
    const name = ['replay', to, from, ...(account === undefined ? [] : [account])].join(':');
    const shown = progress('replaying', Number(until - from));
    const relay = new Relay(log, kafka, {
      ...{ name, topic: to, progressTopic, from, until },
      ...(account !== undefined && { only: ({ key }) => key === account }),
      onProgress: (now) => shown.update(Number(now.position - from), Number(now.messages)),
      onWaiting: (reason) => console.error(`waiting: ${reason}`),
    });
    try {
      await relay.run(new AbortController().signal);
    } finally {
      shown.stop();
    }
    const { position: at, messages } = relay.status;
    const written = `${messages.toLocaleString('en')} messages`;
    answer(options, { name, topic: to, position: at, messages }, () => {
      return `${to} has ${written}, up to position ${at} (as ${name})`;
    });
  });
}

/** Where a replay ends. A position the log has not reached would be waited for for ever. */
async function endOf(log: MessageLog, { from, until }: ReplayOptions): Promise<bigint> {
  const end = await log.store.lastPosition();
  const beyond = (option: string) => new WrongOption(`${option}: the log ends at position ${end}`);
  if (from > end) throw beyond('--from');
  if (until !== undefined && until > end) throw beyond('--until');
  if (until !== undefined && until < from) throw new WrongOption('--until: must not lie before --from');
  return until ?? end;
}

/** Creates a topic with the partitions, replicas and settings of another. @returns false when it is there already */
async function createLike(admin: Admin, model: string, name: string): Promise<boolean> {
  if ((await admin.listTopics()).includes(name)) return false;
  await applyTopics(admin, [{ ...(await layoutOf(admin, model)), name }]).catch((error: Error) => {
    throw new WrongOption(`--to: ${name} cannot be created: ${error.message}`);
  });
  return true;
}

/** What a topic has is how it differs from one that has nothing. */
async function layoutOf(admin: Admin, name: string): Promise<DeclaredTopic> {
  const nothing: DeclaredTopic = { name, partitions: 0, replicationFactor: 0, config: {} };
  const has = await topicDifferences(admin, [nothing]);
  const size = (kind: 'partitions' | 'replicationFactor') =>
    has.flatMap((one) => (one.kind === kind ? [one.is] : []))[0] ?? 1;
  const config = has.flatMap((one) => (one.kind === 'setting' ? [[one.setting, one.is] as const] : []));
  return {
    name,
    partitions: size('partitions'),
    replicationFactor: size('replicationFactor'),
    config: Object.fromEntries(config.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

async function requireTopics(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const there = await withAdmin(kafka, (admin) => admin.listTopics());
  const missing = topics.filter((topic) => !there.includes(topic));
  if (missing.length > 0) {
    throw new NoTarget(`the cluster has no topic ${missing.join(', ')}; create it with paybill topics apply`);
  }
}
