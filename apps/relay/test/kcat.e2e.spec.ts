import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import pino from 'pino';
import { MESSAGES } from '#libs/contracts';
import { CommandHandling, connectEventStore } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { Relay, readProgress } from '#libs/messaging';
import { connectKafka } from '#libs/platform';
import { startTestNode } from '#testing/eventstore-node';
import { testTopics, writeAccounts } from '#testing/messaging';
import { kafkaCluster, skipped, until } from '#testing/platform';

const run = promisify(execFile);
const there = spawnSync('kcat', ['-V']).status === 0;
if (!there) skipped('kcat', 'kcat is not installed (Debian: apt-get install kcat)');

describe.each(there ? await kafkaCluster() : [])('A client that is not ours', ({ brokers }) => {
  it('reads keys, CloudEvents headers and valid JSON, in order of each account', async () => {
    const node = await startTestNode();
    const store = await connectEventStore(node.connectionString);
    const kafka = connectKafka({ KAFKA_BROKERS: brokers }, pino({ enabled: false }));
    const topics = await testTopics(kafka);
    const accounts = await writeAccounts(new CommandHandling(store), { accounts: 5, credits: 3 });
    const log = { store, category: 'account', toMessage: publicMessage };
    await new Relay(log, kafka, { ...topics, until: await store.lastPosition() }).run(new AbortController().signal);
    await until(async () => (await readProgress(kafka, topics.progressTopic, 'relay')).messages >= 20n);

    const { stdout } = await run('kcat', [
      ...['-b', brokers.join(','), '-C', '-t', topics.topic, '-e', '-q', '-X', 'isolation.level=read_committed'],
      ...['-f', '%k\\t%h\\t%s\\n'],
    ]);
    const records = stdout.trimEnd().split('\n').map(parse);
    expect(records).toHaveLength(20);
    for (const account of accounts) {
      const own = records.filter(({ key }) => key === account);
      expect(own.map(({ headers }) => Number(headers['ce_sequence']))).toEqual([0, 1, 2, 3]);
      const types = own.map(({ headers }) => headers['ce_type']);
      expect(types).toEqual(['account.opened', 'credit.issued', 'credit.issued', 'credit.issued']);
    }
    for (const { key, headers, data } of records) {
      expect(headers).toMatchObject({ ce_specversion: '1.0', ce_subject: key, 'content-type': 'application/json' });
      expect(MESSAGES[headers['ce_type'] as keyof typeof MESSAGES].schema.safeParse(data).success).toBe(true);
    }
    await store.close();
    await node.close();
  }, 60_000);
});

function parse(line: string): { key: string; headers: Record<string, string>; data: unknown } {
  const [key = '', headers = '', value = ''] = line.split('\t');
  const pairs = headers.split(',').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return { key, headers: Object.fromEntries(pairs), data: JSON.parse(value) };
}
