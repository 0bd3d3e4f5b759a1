import { connectKafka, createLogger, type Kafka, KafkaSettings, readConfig } from '#libs/platform';
import { WrongOption } from './options.js';
import { NoTarget } from './target.js';

export type Admin = ReturnType<Kafka['admin']>;

/** The cluster that `--brokers` or KAFKA_BROKERS names. @throws WrongOption when neither does */
export function kafkaOf(brokers: string | undefined): Kafka {
  return connectKafka(settingsOf(brokers), createLogger({ level: 'warn' }));
}

/** Does something with the cluster's administration. @throws NoTarget when the cluster does not answer */
export async function withAdmin<T>(kafka: Kafka, action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect().catch((error: Error) => {
    throw new NoTarget(`--brokers: Kafka does not answer: ${error.message}`);
  });
  try {
    return await action(admin);
  } finally {
    await admin.disconnect();
  }
}

function settingsOf(brokers: string | undefined): KafkaSettings {
  try {
    return readConfig(KafkaSettings, { ...process.env, ...(brokers !== undefined && { KAFKA_BROKERS: brokers }) });
  } catch (error) {
    throw new WrongOption(`${(error as Error).message} (or --brokers)`);
  }
}
