import { randomBytes, randomUUID } from 'node:crypto';
import { type CommandHandling } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { candidatePayBillNumber, IssueCredit, OpenAccount } from '#libs/ledger';
import { applyTopics, type Kafka } from '#libs/platform';

/** Topics for one test, of the shape of the real ones. */
export async function testTopics(kafka: Kafka): Promise<{ topic: string; progressTopic: string }> {
  const suffix = randomBytes(4).toString('hex');
  const [topic, progressTopic] = [`test.account.${suffix}`, `test.relay-progress.${suffix}`];
  await createTopics(kafka, topic, progressTopic);
  return { topic, progressTopic };
}

/** The two topics of a relay, as infra/kafka/topics has them. */
export async function createTopics(kafka: Kafka, topic: string, progressTopic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const account = { 'min.insync.replicas': '2', 'max.message.bytes': '4194304' };
  const progress = { 'cleanup.policy': 'compact', 'min.insync.replicas': '2' };
  await applyTopics(admin, [
    { name: topic, partitions: 12, replicationFactor: 3, config: account },
    { name: progressTopic, partitions: 1, replicationFactor: 3, config: progress },
  ]);
  await admin.disconnect();
}

/** Opens accounts and gives each so many credits, in turn, so that their events stand mixed in the log. */
export async function writeAccounts(
  handling: CommandHandling,
  { accounts, credits }: { accounts: number; credits: number },
): Promise<string[]> {
  const ids = Array.from({ length: accounts }, () => randomUUID());
  await Promise.all(ids.map((id) => openAccount(handling, id)));
  for (let round = 0; round < credits; round++) await Promise.all(ids.map((id) => giveCredit(handling, id)));
  return ids;
}

async function openAccount(handling: CommandHandling, id: string): Promise<void> {
  const data = { payBillNumber: candidatePayBillNumber(id, 0), currency: 'USD' };
  await handling.handle(id, { definition: OpenAccount, data, metadata: commandMetadata() });
}

/** One more event on an account. */
export async function giveCredit(handling: CommandHandling, id: string): Promise<void> {
  const data = { amount: { amount: '1.00', currency: 'USD' }, reason: 'goodwill' };
  await handling.handle(id, { definition: IssueCredit, data, metadata: commandMetadata() });
}
