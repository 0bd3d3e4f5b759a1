import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { type Logger } from 'pino';
import { z } from 'zod';

const list = z
  .string('must be set: broker addresses such as 127.0.0.1:9092,127.0.0.1:9093')
  .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be broker addresses such as 127.0.0.1:9092,127.0.0.1:9093')
  .transform((text) => text.split(','));

export { type Kafka };

/** How Kafka is reached. */
export const KafkaSettings = z.object({
  KAFKA_BROKERS: list,
  /** `true` speaks TLS, with the certificate authorities of the machine (or NODE_EXTRA_CA_CERTS). */
  KAFKA_TLS: z.enum(['true', 'false'], 'must be true or false').default('false'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512')
    .default('scram-sha-512'),
  /** With a user name, Kafka is signed in to. */
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
});
export type KafkaSettings = z.output<typeof KafkaSettings>;

/**
 * A client of the Kafka cluster; connections are made when they are needed. Retries within the client are few: whoever
 * uses it starts again from what is known to be written, which is slower and always right.
 */
export function connectKafka(
  settings: Partial<KafkaSettings> & Pick<KafkaSettings, 'KAFKA_BROKERS'>,
  log: Logger,
): Kafka {
  const { KAFKA_BROKERS: brokers, KAFKA_TLS: tls } = settings;
  const sasl = saslOf(settings);
  const config: KafkaConfig = {
    clientId: 'paybill',
    brokers: [...brokers],
    ssl: tls === 'true',
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
    logLevel: logLevel.WARN,
    // What the client calls an error is mostly a broker that moved; whether anything is wrong is for its user to say.
    logCreator: () => (entry) => {
      const { namespace, log: line } = entry;
      log.debug({ kafka: namespace }, line.message);
    },
    ...(sasl && { sasl }),
  };
  return new Kafka(config);
}

function saslOf(settings: Partial<KafkaSettings>): SASLOptions | undefined {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password = '', KAFKA_SASL_MECHANISM } = settings;
  if (username === undefined) return undefined;
  return { mechanism: KAFKA_SASL_MECHANISM ?? 'scram-sha-512', username, password };
}
