import { applyTopics, type DeclaredTopic, type TopicDifference, topicDifferences } from '#libs/platform';
import { Command } from 'commander';
import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { type Admin, kafkaOf, withAdmin } from './kafka.js';
import { brokersOption, jsonOption, whole, WrongOption } from './options.js';

interface TopicsOptions {
  readonly dir: string;
  readonly brokers?: string;
  /** Fewer copies than declared, for a development cluster of fewer brokers. */
  readonly replication?: number;
  readonly json?: boolean;
}

/** `paybill topics …`: the topics as files declare them, and the cluster as it is. */
export function topicsCommand(): Command {
  const topics = new Command('topics').description('the Kafka topics Paybill writes, as files declare them');
  const add = (name: string, description: string, action: (options: TopicsOptions) => Promise<number>) =>
    topics
      .command(name)
      .description(description)
      .option('--dir <dir>', 'directory of the declarations', 'infra/kafka/topics')
      .addOption(brokersOption())
      .option('--replication <number>', 'copies instead of those declared, for a development cluster', whole(1, 9))
      .addOption(jsonOption())
      .addHelpText('after', `\nExample:\n  paybill topics ${name} --brokers 127.0.0.1:9092,127.0.0.1:9093`)
      .action(async (options: TopicsOptions) => {
        process.exitCode = await action(options);
      });
  add('apply', 'create what is missing and set settings right; nothing is deleted or resized', applyDeclared);
  add('diff', 'print how the cluster differs; the exit code is 1 when it does', diffTopics);
  return topics;
}

const TopicFile = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,249}$/, 'must be of letters, digits, dots, hyphens and underscores'),
  description: z.string().trim().min(1, 'must say what the topic is for'),
  partitions: z.int().min(1).max(1_000),
  replicationFactor: z.int().min(1).max(9),
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
});

/**
 * The topics declared in a directory, one file each, in the order of the file names.
 * @throws {WrongOption} naming file and line of what cannot be used
 */
export async function declaredTopics(directory: string): Promise<DeclaredTopic[]> {
  const names = await readdir(directory).catch((error: Error) => {
    throw new WrongOption(`--dir: ${error.message}`);
  });
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (files.length === 0) throw new WrongOption(`${directory}: no topic is declared there (*.yaml)`);
  return Promise.all(
    files.map(async (name) => {
      const file = join(directory, name);
      return readTopicFile(file, await readFile(file, 'utf8'));
    }),
  );
}

/** Reads one declaration. The file is named after its topic, so that no two files can declare the same one. */
export function readTopicFile(file: string, text: string): DeclaredTopic {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = (offset: number, message: string) =>
    new WrongOption(`${file}:${lines.linePos(offset).line}: ${message}`);
  const [syntax] = document.errors;
  if (syntax) throw wrong(syntax.pos[0], syntax.message);
  const parsed = TopicFile.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
    throw wrong(offsetOf(document, path), [path.join('.'), issue.message].filter(Boolean).join(': '));
  }
  const { description: _, ...topic } = parsed.data;
  if (parse(file).name !== topic.name) {
    throw wrong(offsetOf(document, ['name']), `declares ${topic.name}, which belongs in ${topic.name}.yaml`);
  }
  return topic;
}

/** Where in the text the key of a value stands; of one that is missing, where the mapping stands that lacks it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap<{ value: unknown; range?: [number, number, number] }>(parent)
    ? parent.items.find(({ key }) => key.value === path.at(-1))
    : undefined;
  return pair?.key.range?.[0] ?? offsetOf(document, path.slice(0, -1));
}

/** `paybill topics diff`: the exit code, 1 when the cluster is not as declared. */
async function diffTopics(options: TopicsOptions): Promise<number> {
  const differences = await onCluster(options, topicDifferences);
  answer(options, { differences }, () => differences.map(sentence).join('\n') || 'the cluster is as declared');
  return differences.length === 0 ? ExitCode.done : ExitCode.no;
}

/** `paybill topics apply`: the exit code, 1 when something is refused. */
async function applyDeclared(options: TopicsOptions): Promise<number> {
  const { mended, refused } = await onCluster(options, applyTopics);
  answer(options, { mended, refused }, () => {
    const lines = [
      ...mended.map((difference) => `mended   ${sentence(difference)}`),
      ...refused.map((difference) => `refused  ${sentence(difference)}: ${reason(difference)}`),
    ];
    return lines.join('\n') || 'the cluster is as declared';
  });
  return refused.length === 0 ? ExitCode.done : ExitCode.no;
}

async function onCluster<T>(
  { dir, brokers, replication }: TopicsOptions,
  action: (admin: Admin, declared: DeclaredTopic[]) => Promise<T>,
): Promise<T> {
  // The files first: a wrong one is named whether or not Kafka answers.
  const declared = (await declaredTopics(dir)).map((topic) => withReplication(topic, replication));
  return withAdmin(kafkaOf(brokers), (admin) => action(admin, declared));
}

/** With fewer copies, fewer can be asked to have a record before it counts; else nothing could be written at all. */
export function withReplication(topic: DeclaredTopic, replication: number | undefined): DeclaredTopic {
  if (replication === undefined) return topic;
  const inSync = Math.min(Number(topic.config['min.insync.replicas'] ?? 1), replication);
  return {
    ...topic,
    replicationFactor: replication,
    config: { ...topic.config, 'min.insync.replicas': String(inSync) },
  };
}

function sentence(difference: TopicDifference): string {
  const { topic } = difference;
  switch (difference.kind) {
    case 'missing': {
      const { partitions, replicationFactor } = difference.declared;
      return `${topic}: missing (${partitions} partitions, ${replicationFactor} replicas)`;
    }
    case 'setting': {
      const { setting, is = 'the broker’s default', should = 'the broker’s default' } = difference;
      return `${topic}: ${setting} is ${is}, should be ${should}`;
    }
    case 'partitions':
      return `${topic}: has ${difference.is} partitions, should have ${difference.should}`;
    case 'replicationFactor':
      return `${topic}: has ${difference.is} replicas, should have ${difference.should}`;
  }
}

function reason({ kind }: TopicDifference): string {
  return kind === 'partitions'
    ? 'a key would move to another partition and lose its order; declare a topic of the next version instead'
    : 'replicas are moved by an operator with kafka-reassign-partitions.sh, at a time that suits the load';
}
